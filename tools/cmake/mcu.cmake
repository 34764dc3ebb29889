# SPDX-License-Identifier: GPL-3.0-or-later
# Cortex-M0: the GNU cross compiler, which also writes the call graph down; without it the stock clang,
# which compiles as well but leaves the stack's chain unmeasured. No C library, nothing runs here.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_C_FLAGS_INIT "-mcpu=cortex-m0 -mthumb -DCARD_PROFILE_SMALL -ffreestanding -ffunction-sections -fdata-sections -fno-common -fstack-usage")
find_program(TESSERA_ARM_GCC arm-none-eabi-gcc)
if(TESSERA_ARM_GCC)
	set(CMAKE_C_COMPILER ${TESSERA_ARM_GCC})
	string(APPEND CMAKE_C_FLAGS_INIT " -fcallgraph-info=su -fno-ipa-icf") # a folded function has no frame there
else()
	set(CMAKE_C_COMPILER clang)
	set(CMAKE_C_COMPILER_TARGET arm-none-eabi)
endif()

# SPDX-License-Identifier: GPL-3.0-or-later
# Language level, warnings and hardening for every target.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT TESSERA_MCU)
	set(CMAKE_POSITION_INDEPENDENT_CODE ON)
endif()
if(NOT CMAKE_BUILD_TYPE)
	set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
find_program(CCACHE ccache)
if(TESSERA_MCU)
	set(CMAKE_C_COMPILER_LAUNCHER "") # the call graph is not among what it keeps
elseif(CCACHE)
	set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()

set(TESSERA_WARNINGS
	-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wcast-qual
	-Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef -Wformat=2 -Wpointer-arith
	-Wnull-dereference -Wwrite-strings -Wswitch-enum -Wimplicit-fallthrough -Werror)
if(NOT TESSERA_SANITIZE AND NOT TESSERA_FUZZ AND NOT TESSERA_COVERAGE)
	set(TESSERA_FRAME -Wframe-larger-than=2047)
	set(TESSERA_FRAME_FREESTANDING -Wframe-larger-than=1023)
endif()
set(TESSERA_HARDENING
	$<$<CONFIG:Release>:-U_FORTIFY_SOURCE>
	$<$<CONFIG:Release>:-D_FORTIFY_SOURCE=3>
	$<$<CONFIG:Release>:-fstack-protector-strong>)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT TESSERA_MCU)
	add_link_options(-pie -Wl,-z,relro,-z,now)
endif()
if(TESSERA_SANITIZE OR TESSERA_FUZZ)
	add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
	add_link_options(-fsanitize=address,undefined)
endif()
if(TESSERA_FUZZ)
	add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(TESSERA_COVERAGE)
	add_compile_options(--coverage)
	add_link_options(--coverage)
endif()

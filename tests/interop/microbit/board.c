// SPDX-License-Identifier: GPL-3.0-or-later
/* nRF51 series reference manual: UART (29), RNG (23), NVMC (6); start-up without a C library. */
#include "board.h"

#include "base/mem.h"

#define REG(address) (*(volatile uint32_t *)(uintptr_t)(address))

#define UART_STARTRX REG(0x40002000)
#define UART_STARTTX REG(0x40002008)
#define UART_RXDRDY REG(0x40002108)
#define UART_TXDRDY REG(0x4000211C)
#define UART_ENABLE REG(0x40002500)
#define UART_RXD REG(0x40002518)
#define UART_TXD REG(0x4000251C)
#define RNG_START REG(0x4000D000)
#define RNG_VALRDY REG(0x4000D100)
#define RNG_CONFIG REG(0x4000D504)
#define RNG_VALUE REG(0x4000D508)
#define NVMC_READY REG(0x4001E400)
#define NVMC_CONFIG REG(0x4001E504)
#define NVMC_ERASEPAGE REG(0x4001E508)
#define NVMC_WRITE 1U
#define NVMC_ERASE 2U

extern uint32_t image_data_load, image_data, image_data_end, image_bss, image_bss_end;
extern uint32_t image_stack_top, image_store, image_store_end;

int main(void);
void board_reset(void);
void board_fault(void);

__attribute__((noreturn)) void
board_fault(void)
{
	for (;;)
		continue;
}

void
board_reset(void)
{
	const uint32_t *from = &image_data_load;

	for (uint32_t *to = &image_data; to < &image_data_end; to++)
		*to = *from++;
	for (uint32_t *to = &image_bss; to < &image_bss_end; to++)
		*to = 0;
	(void)main();
	board_fault();
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
	&image_stack_top,
	(const void *)board_reset,
	(const void *)board_fault,
	(const void *)board_fault,
};

/* The compiler may call these; ISO C asks for them also of freestanding code built by gcc and
 * clang. */
void *
memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	uint8_t *d = dst;
	const uint8_t *s = src;

	while (n-- > 0)
		*d++ = *s++;
	return dst;
}

void *
memmove(void *dst, const void *src, size_t n)
{
	uint8_t *d = dst;
	const uint8_t *s = src;

	if (d <= s)
		return memcpy(dst, src, n);
	while (n-- > 0)
		d[n] = s[n];
	return dst;
}

void *
memset(void *dst, int c, size_t n)
{
	uint8_t *d = dst;

	while (n-- > 0)
		*d++ = (uint8_t)c;
	return dst;
}

int
memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;

	for (; n > 0; n--, x++, y++) {
		if (*x != *y)
			return *x < *y ? -1 : 1;
	}
	return 0;
}

void
board_init(void)
{
	UART_ENABLE = 4;
	UART_STARTRX = 1;
	UART_STARTTX = 1;
	RNG_CONFIG = 1; /* bias correction */
	RNG_START = 1;
}

uint8_t
board_read(void)
{
	while (UART_RXDRDY == 0)
		continue;
	UART_RXDRDY = 0;
	return (uint8_t)UART_RXD;
}

void
board_write(const uint8_t *p, size_t n)
{
	while (n-- > 0) {
		UART_TXDRDY = 0;
		UART_TXD = *p++;
		while (UART_TXDRDY == 0)
			continue;
	}
}

enum rc
board_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	while (len-- > 0) {
		RNG_VALRDY = 0;
		while (RNG_VALRDY == 0)
			continue;
		*out++ = (uint8_t)RNG_VALUE;
	}
	return RC_OK;
}

/* One more word or erase: false when the power has just gone. */
static bool
has_power(struct board_flash *f)
{
	if (f->cut_after > 0 && --f->cut_after == 0)
		f->dead = true;
	return !f->dead;
}

static enum rc
flash_erase(void *ctx, uint32_t page)
{
	struct board_flash *f = ctx;

	if (!has_power(f))
		return RC_IO;
	NVMC_CONFIG = NVMC_ERASE;
	NVMC_ERASEPAGE = (uint32_t)(uintptr_t)(f->port.words + page * FLASH_PAGE_WORDS);
	while (NVMC_READY == 0)
		continue;
	NVMC_CONFIG = 0;
	return RC_OK;
}

static enum rc
flash_program(void *ctx, uint32_t index, uint32_t value)
{
	struct board_flash *f = ctx;

	if (!has_power(f))
		return RC_IO;
	NVMC_CONFIG = NVMC_WRITE;
	REG((uintptr_t)(f->port.words + index)) = value;
	while (NVMC_READY == 0)
		continue;
	NVMC_CONFIG = 0;
	return f->port.words[index] == value ? RC_OK : RC_IO;
}

void
board_flash_init(struct board_flash *f)
{
	f->port = (struct flash_port) {
		.ctx = f,
		.words = &image_store,
		.page_count =
			(uint16_t)((uint32_t)(&image_store_end - &image_store) / FLASH_PAGE_WORDS),
		.erase = flash_erase,
		.program = flash_program,
	};
	f->cut_after = 0;
	f->dead = false;
}

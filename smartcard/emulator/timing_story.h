/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The transaction's numbers; none of them matters, all of them must agree. */
#ifndef TESSERA_EMULATOR_TIMING_STORY_H
#define TESSERA_EMULATOR_TIMING_STORY_H

#define STORY_OPERATOR 7
#define STORY_LEAF 1U
#define STORY_KEY_VERSION 1
#define STORY_EPOCH 1
#define STORY_SERVICE 1001
#define STORY_PRODUCT 11
#define STORY_EVENT 4711U
#define STORY_TIME 850000000U /* seconds since 2000 */
#define STORY_DURATION 7200U
#define STORY_UNIT "EUR"
#define STORY_PRICE_MINOR 350U
#define STORY_CREDIT_MINOR 10000U

#endif

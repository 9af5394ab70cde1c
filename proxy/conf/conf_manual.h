#pragma once

#include "conf/conf_block.h"

/* The chapters of the manual, in order; for the two forms it is printed in. */
enum conf_chapter {
    CONF_CHAPTER_EFFECTIVE,
    CONF_CHAPTER_IGNORED,
    CONF_CHAPTER_REFUSED,
    CONF_CHAPTER_COUNT,
};

enum conf_chapter conf_chapter_of(const struct conf_row *row);

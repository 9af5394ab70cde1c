#include "http/message/http_date.h"

#include "base/chars.h"
#include "base/number.h"
#include "base/text.h"

#include <time.h>

static const char day_names[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char long_day_names[][10] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                          "Thursday", "Friday", "Saturday"};
static const char month_names[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static void add_time(struct text *text, const struct tm *tm)
{
    text_pad(text, (uint64_t)tm->tm_hour, 2);
    text_byte(text, ':');
    text_pad(text, (uint64_t)tm->tm_min, 2);
    text_byte(text, ':');
    text_pad(text, (uint64_t)tm->tm_sec, 2);
}

void http_date_format(int64_t seconds, char *out)
{
    struct text text = text_in(out, HTTP_DATE_LEN);
    time_t when = seconds;
    struct tm tm;

    gmtime_r(&when, &tm);
    text_add(&text, slice_of(day_names[tm.tm_wday]));
    text_add(&text, SLICE(", "));
    text_pad(&text, (uint64_t)tm.tm_mday, 2);
    text_byte(&text, ' ');
    text_add(&text, slice_of(month_names[tm.tm_mon]));
    text_byte(&text, ' ');
    text_pad(&text, (uint64_t)(tm.tm_year + 1900), 4);
    text_byte(&text, ' ');
    add_time(&text, &tm);
    text_add(&text, SLICE(" GMT"));
}

/* A reader that goes along the text; `failed` stays set, so it is asked once at the end. */
struct date_reader {
    struct slice rest;
    bool failed;
};

static void expect(struct date_reader *reader, struct slice text)
{
    if (slice_starts(reader->rest, text))
        reader->rest = slice_from(reader->rest, text.len);
    else
        reader->failed = true;
}

static int take_number(struct date_reader *reader, size_t digits)
{
    uint64_t number = 0;

    if (reader->rest.len < digits ||
        !number_parse(slice_part(reader->rest, 0, digits), 9999, &number))
        reader->failed = true;
    reader->rest = slice_from(reader->rest, digits);
    return (int)number;
}

static int take_month(struct date_reader *reader)
{
    for (int i = 0; i < 12; i++) {
        if (slice_starts(reader->rest, slice_of(month_names[i]))) {
            reader->rest = slice_from(reader->rest, 3);
            return i;
        }
    }
    reader->failed = true;
    return 0;
}

static void take_time(struct date_reader *reader, struct tm *tm)
{
    tm->tm_hour = take_number(reader, 2);
    expect(reader, SLICE(":"));
    tm->tm_min = take_number(reader, 2);
    expect(reader, SLICE(":"));
    tm->tm_sec = take_number(reader, 2);
}

/* "06 Nov 1994 08:49:37 GMT", behind "Sun, ". */
static void take_fixdate(struct date_reader *reader, struct tm *tm)
{
    tm->tm_mday = take_number(reader, 2);
    expect(reader, SLICE(" "));
    tm->tm_mon = take_month(reader);
    expect(reader, SLICE(" "));
    tm->tm_year = take_number(reader, 4) - 1900;
    expect(reader, SLICE(" "));
    take_time(reader, tm);
    expect(reader, SLICE(" GMT"));
}

/* "06-Nov-94 08:49:37 GMT", behind "Sunday, ". Two digits of a year: below 70 is 20xx. */
static void take_rfc850(struct date_reader *reader, struct tm *tm)
{
    tm->tm_mday = take_number(reader, 2);
    expect(reader, SLICE("-"));
    tm->tm_mon = take_month(reader);
    expect(reader, SLICE("-"));
    tm->tm_year = take_number(reader, 2);
    if (tm->tm_year < 70)
        tm->tm_year += 100;
    expect(reader, SLICE(" "));
    take_time(reader, tm);
    expect(reader, SLICE(" GMT"));
}

/* "Nov  6 08:49:37 1994", behind "Sun ". */
static void take_asctime(struct date_reader *reader, struct tm *tm)
{
    tm->tm_mon = take_month(reader);
    expect(reader, SLICE(" "));
    if (slice_starts(reader->rest, SLICE(" "))) {
        expect(reader, SLICE(" "));
        tm->tm_mday = take_number(reader, 1);
    } else {
        tm->tm_mday = take_number(reader, 2);
    }
    expect(reader, SLICE(" "));
    take_time(reader, tm);
    expect(reader, SLICE(" "));
    tm->tm_year = take_number(reader, 4) - 1900;
}

static bool is_in_range(const struct tm *tm)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = tm->tm_year + 1900;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    int most = tm->tm_mon == 1 && leap ? 29 : days[tm->tm_mon];

    return year >= 1970 && tm->tm_mday >= 1 && tm->tm_mday <= most && tm->tm_hour <= 23 &&
           tm->tm_min <= 59 && tm->tm_sec <= 60;
}

/* The name of the day, short or long; the day itself is not checked against the date. */
static bool take_day(struct date_reader *reader, bool *is_long)
{
    for (int i = 0; i < 7; i++) {
        if (slice_starts(reader->rest, slice_of(long_day_names[i]))) {
            *is_long = true;
            reader->rest = slice_from(reader->rest, strlen(long_day_names[i]));
            return true;
        }
        if (slice_starts(reader->rest, slice_of(day_names[i]))) {
            *is_long = false;
            reader->rest = slice_from(reader->rest, 3);
            return true;
        }
    }
    return false;
}

bool http_date_parse(struct slice text, int64_t *seconds)
{
    struct date_reader reader = {text, false};
    struct tm tm = {0};
    bool is_long;

    if (!take_day(&reader, &is_long))
        return false;
    if (is_long) {
        expect(&reader, SLICE(", "));
        take_rfc850(&reader, &tm);
    } else if (slice_starts(reader.rest, SLICE(","))) {
        expect(&reader, SLICE(", "));
        take_fixdate(&reader, &tm);
    } else {
        expect(&reader, SLICE(" "));
        take_asctime(&reader, &tm);
    }
    if (reader.failed || reader.rest.len > 0 || !is_in_range(&tm))
        return false;
    *seconds = timegm(&tm);
    return true;
}

void http_clock_init(struct http_clock *clock)
{
    clock->second = -1;
}

static void add_zone(struct text *text, const struct tm *tm, bool colon)
{
    uint64_t minutes = (uint64_t)(tm->tm_gmtoff < 0 ? -tm->tm_gmtoff : tm->tm_gmtoff) / 60;

    text_byte(text, tm->tm_gmtoff < 0 ? '-' : '+');
    text_pad(text, minutes / 60, 2);
    if (colon)
        text_byte(text, ':');
    text_pad(text, minutes % 60, 2);
}

static void set_local(struct http_clock *clock, const struct tm *tm)
{
    struct text text = text_in(clock->local, sizeof clock->local);

    text_pad(&text, (uint64_t)tm->tm_mday, 2);
    text_byte(&text, '/');
    text_add(&text, slice_of(month_names[tm->tm_mon]));
    text_byte(&text, '/');
    text_pad(&text, (uint64_t)(tm->tm_year + 1900), 4);
    text_byte(&text, ':');
    add_time(&text, tm);
    text_byte(&text, ' ');
    add_zone(&text, tm, false);
}

static void set_iso8601(struct http_clock *clock, const struct tm *tm)
{
    struct text text = text_in(clock->iso8601, sizeof clock->iso8601);

    text_pad(&text, (uint64_t)(tm->tm_year + 1900), 4);
    text_byte(&text, '-');
    text_pad(&text, (uint64_t)(tm->tm_mon + 1), 2);
    text_byte(&text, '-');
    text_pad(&text, (uint64_t)tm->tm_mday, 2);
    text_byte(&text, 'T');
    add_time(&text, tm);
    add_zone(&text, tm, true);
}

void http_clock_set(struct http_clock *clock, uint64_t wall_us)
{
    int64_t second = (int64_t)(wall_us / 1000000);
    time_t when = second;
    struct tm tm;

    if (clock->second == second)
        return;
    clock->second = second;
    http_date_format(second, clock->date);
    localtime_r(&when, &tm);
    set_local(clock, &tm);
    set_iso8601(clock, &tm);
}

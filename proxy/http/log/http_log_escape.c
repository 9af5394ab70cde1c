#include "http/log/http_log_escape.h"

void http_log_escape(struct text *line, struct slice value, enum http_escape escape)
{
    switch (escape) {
    case HTTP_ESCAPE_DEFAULT:
        if (value.at == NULL)
            text_byte(line, '-');
        else
            text_escape(line, value);
        break;
    case HTTP_ESCAPE_JSON:
        text_json(line, value);
        break;
    case HTTP_ESCAPE_NONE:
        text_add(line, value.at == NULL ? SLICE_NONE : value);
        break;
    }
}

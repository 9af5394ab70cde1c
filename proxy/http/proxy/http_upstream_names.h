#pragma once

struct conf_reader;
struct http_upstreams;

/* Do the names of all servers resolve? They are asked for at once; what does not is reported. */
void http_upstream_names_check(struct conf_reader *reader, const struct http_upstreams *upstreams);

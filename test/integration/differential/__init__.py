"""frontd beside Debian's nginx: the same configuration, the same requests, and whatever differs is on a list.

A theme (themes/NAME.py) is one configuration, the files below its root, what its backend answers, and
a table of requests. Both servers are started on that configuration once, on the same port of two
loopback addresses, in front of the same backend; each request is sent to both. Compared are the
answers (status, reason, fields, body, how the connection ends), the bytes that the backend saw, and
the logs that the theme names.

A request that frontd answers otherwise names the deviation (deviations.py: name, reason, and a
function that takes exactly this difference away). A deviation that a row names and that does not show
there fails the test, and so does one that no row names: the list is what really differs.

Rows that say something in HTTP/2 are sent a second time in that, to the same configuration with `http2`
on its listeners: the same comparison, logs included. Where a row differs otherwise there than in
HTTP/1, the theme says so in DIFFERS_OVER_HTTP2.

    cases.py       the rows: get(…), post(…), raw(…)
    client.py      sends a row's bytes and reads what comes, however it is framed
    http2.py       the rows in HTTP/2
    origin.py      the backend: records bytes, answers by path
    strict.py      reads a request as a backend might that trusts nobody: nothing ambiguous in it
    servers.py     the two servers
    compare.py     two exchanges side by side
    deviations.py  what may differ
    coverage.py    nginx's directives that some theme has to use"""

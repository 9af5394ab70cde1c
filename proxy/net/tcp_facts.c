#include "net/tcp_facts.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

bool tcp_facts_of(int fd, struct tcp_facts *facts)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;

    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return false;
    *facts = (struct tcp_facts){
        .round_trip = info.tcpi_rtt,
        .round_trip_variation = info.tcpi_rttvar,
        .send_window = info.tcpi_snd_cwnd,
        .receive_space = info.tcpi_rcv_space,
    };
    return true;
}

#include "process/worker_main.h"
#include "protocol_list.h"

int main(int argc, char **argv)
{
    return worker_main(argc, (const char *const *)argv, protocol_list, protocol_conf_list);
}

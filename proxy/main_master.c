#include "build_info.h"
#include "process/master_main.h"
#include "protocol_list.h"

int main(int argc, char **argv)
{
    static const struct build build = {
        .version = FRONTD_VERSION,
        .libraries = FRONTD_LIBRARIES,
        .worker = FRONTD_LIBEXEC "/frontd-worker",
        .auth = FRONTD_LIBEXEC "/frontd-auth",
        .keyholder = FRONTD_LIBEXEC "/frontd-keyholder",
        .paths = {.conf = FRONTD_SYSCONF "/frontd.conf",
                  .prefix = FRONTD_SYSCONF "/",
                  .control = FRONTD_RUN "/control.sock"},
    };

    return master_main(argc, (const char *const *)argv, &build, protocol_conf_list);
}

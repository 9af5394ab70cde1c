#include "process/auth_main.h"

int main(int argc, char **argv)
{
    return auth_main(argc, (const char *const *)argv);
}

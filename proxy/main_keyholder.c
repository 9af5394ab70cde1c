#include "process/keyholder_main.h"

int main(int argc, char **argv)
{
    return keyholder_main(argc, (const char *const *)argv);
}

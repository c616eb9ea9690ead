#ifndef FAREBOX_CARGON2_SHIM_H
#define FAREBOX_CARGON2_SHIM_H
#include <argon2.h>
#endif

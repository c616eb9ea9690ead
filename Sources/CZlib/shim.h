#ifndef FAREBOX_CZLIB_SHIM_H
#define FAREBOX_CZLIB_SHIM_H
/* Input is const: the library reads it only. */
#define ZLIB_CONST
#include <zlib.h>
#endif

#ifndef FAREBOX_CPROTOBUFC_SHIM_H
#define FAREBOX_CPROTOBUFC_SHIM_H
#include <protobuf-c/protobuf-c.h>
#endif

// Element by element: functions, arithmetic, comparisons, choice.
#pragma once

#include "grimoire/op/binary.h"
#include "grimoire/op/compare.h"
#include "grimoire/op/select.h"
#include "grimoire/op/unary.h"

// A task that is no language model's: learn to add two numbers below a limit, from most of the pairs. It makes its own data.
#pragma once

#include <grimoire/grimoire.h>

void add_sums();  // the architecture "adder" and the task "sums" that trains it

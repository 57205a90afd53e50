// A language model that adds: the token k places back votes for the next one by row of a table, T_k[x_k], and the votes are summed. What attention
// would be with fixed positions and no content; a bigram for context 1.
#pragma once

#include <grimoire/grimoire.h>

grim::Architecture additive_architecture();

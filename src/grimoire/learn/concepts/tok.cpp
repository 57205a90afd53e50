#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kTok = {"tok", "Tokens and word vectors", {}};

}  // namespace grim::learn

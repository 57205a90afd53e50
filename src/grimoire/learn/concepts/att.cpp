#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kAtt = {"att", "Attention and transformers", {}};

}  // namespace grim::learn

#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kSeq = {"seq", "Sequences", {}};

}  // namespace grim::learn

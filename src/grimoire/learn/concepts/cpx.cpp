#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kCpx = {"cpx", "Complexity", {}};

}  // namespace grim::learn

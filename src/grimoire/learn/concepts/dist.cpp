#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kDist = {"dist", "Many processes", {}};

}  // namespace grim::learn

#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kNn = {"nn", "Neural networks", {}};

}  // namespace grim::learn

#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kTest = {"test", "Tests", {}};

}  // namespace grim::learn

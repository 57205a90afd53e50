#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kCls = {"cls", "Classical learners", {}};

}  // namespace grim::learn

#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kTask = {"task", "Language tasks", {}};

}  // namespace grim::learn

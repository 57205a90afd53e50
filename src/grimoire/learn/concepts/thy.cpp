#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kThy = {"thy", "Learning theory", {}};

}  // namespace grim::learn

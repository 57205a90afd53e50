#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kFew = {"few", "Few examples", {}};

}  // namespace grim::learn

#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kLin = {"lin", "Linear algebra", {}};

}  // namespace grim::learn

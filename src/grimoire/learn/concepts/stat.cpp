#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kStat = {"stat", "Statistics", {}};

}  // namespace grim::learn

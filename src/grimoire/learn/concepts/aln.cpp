#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kAln = {"aln", "Alignment", {}};

}  // namespace grim::learn

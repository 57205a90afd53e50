#include "grimoire/model/common_options.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"

namespace grim {

void check_heads(const std::string& type, int64_t n_embd, int64_t n_head) {
  GRIM_CHECK(n_embd % n_head == 0, argument, type, "the width " GRIM_SETTING("n-embd") " must divide by the heads, " GRIM_SETTING("n-head") ": got {} and {}",
             n_embd, n_head);
}

std::vector<SizeAxis> axes_with_heads(int64_t n_head, int degree) {
  int64_t heads = std::min<int64_t>(n_head, 4);
  while (n_head % heads != 0) --heads;  // so that it divides the width too
  return {{"n-layer", kFewLayers}, {"n-head", heads, degree}, {"n-embd", heads * (kSmallWidth / heads), 2}, {"context", kSmallContext}};
}

}  // namespace grim

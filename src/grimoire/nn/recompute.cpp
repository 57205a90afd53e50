#include "grimoire/nn/recompute.h"

#include <optional>

#include "grimoire/autograd/tape.h"
#include "grimoire/nn/tap.h"

namespace grim {

Tensor recomputed(Pass& pass, const std::function<Tensor(Pass&)>& block) {
  if (!pass.recompute) return block(pass);
  const bool looked_at = Tap::looks();
  const Tap::Attention form = Tap::wants_attention() ? Tap::Attention::weights : Tap::Attention::fused;
  return recomputed([&] { return block(pass); },
                    [block, begin = pass, looked_at, form] {
                      // As before, but unseen: what a layer computes may depend on whether somebody looks.
                      const NoTaps nobody;
                      std::optional<Tap> blind;
                      if (looked_at) blind.emplace([](const Site&, const Tensor&) { return Tensor(); }, form);
                      Pass then = begin;
                      return block(then);
                    });
}

}  // namespace grim

#include "grimoire/train/divergence.h"

#include <algorithm>
#include <cmath>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/op/argmax.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/softmax.h"
#include "grimoire/op/view.h"
#include "grimoire/train/rolling.h"

namespace grim {

Divergence divergence(const CausalLm& model, const CausalLm& changed, std::span<const int64_t> ids, int64_t context) {
  check_rolling(model, ids, context, context), check_rolling(changed, ids, context, context);
  GRIM_CHECK(model.vocabulary() == changed.vocabulary(), argument, "divergence", "vocabularies of {} and {} tokens: expected the same one", model.vocabulary(),
             changed.vocabulary());
  const NoGrad evaluated;
  Divergence d;
  std::vector<float> all;
  const auto targets = static_cast<int64_t>(ids.size()) - 1;
  for (const RollingWindow& w : rolling_windows(targets, context, context)) {
    const int64_t T = std::min(context, targets), first = T - w.counted;
    const Tensor x = Tensor::from(std::vector<int64_t>(ids.begin() + w.start, ids.begin() + w.start + T), {1, T});
    const Tensor y = Tensor::from(std::vector<int64_t>(ids.begin() + w.start + 1 + first, ids.begin() + w.start + 1 + T), {w.counted, 1});
    const auto words = [&](const CausalLm& m) {  // (counted, V) ln p
      Pass pass = Pass::evaluation();
      return log_softmax(slice(reshape(m.logits(x, pass), {T, m.vocabulary()}), 0, first, T), 1);
    };
    const Tensor p = words(model), q = words(changed), kl = sum(exp(p) * (p - q), 1);
    for (const float v : kl.to_vector<float>()) all.push_back(std::max(v, 0.f));  // below it by rounding alone
    d.nats -= sum(gather(p, 1, y)).item(), d.changed_nats -= sum(gather(q, 1, y)).item();
    d.same_word += sum(where(eq(argmax(p, 1), argmax(q, 1)), Tensor::scalar(1.0), Tensor::scalar(0.0))).item();
  }
  const auto n = static_cast<double>(all.size());
  d.tokens = std::ssize(all);
  d.nats /= n, d.changed_nats /= n, d.same_word /= n;
  for (const float v : all) d.kl += v / n;
  std::ranges::sort(all);
  d.kl_99 = all[static_cast<size_t>(std::ceil(.99 * n)) - 1];
  d.kl_most = all.back();
  return d;
}

}  // namespace grim

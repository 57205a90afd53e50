#include "grimoire/adapt/barrier.h"

#include <algorithm>

#include "grimoire/adapt/align.h"
#include "grimoire/base/error.h"
#include "grimoire/tensor/copy.h"

namespace grim {

double LossLine::barrier() const {
  double rise = 0;
  for (size_t i = 0; i < t.size(); ++i) rise = std::max(rise, loss[i] - ((1 - t[i]) * loss.front() + t[i] * loss.back()));
  return rise;
}

LossLine loss_line(const ModelTensors& model, const ModelTensors& a, const ModelTensors& b, int64_t points, const std::function<double()>& loss) {
  GRIM_CHECK(points >= 3 && points % 2 == 1, argument, "barrier", "got {} points, expected an odd number from 3", points);
  check_same_shape(model, a), check_same_shape(a, b);
  const ModelTensors before = model.copied();
  LossLine line;
  for (int64_t i = 0; i < points; ++i) {
    const double t = static_cast<double>(i) / static_cast<double>(points - 1);
    for (size_t k = 0; k < model.all().size(); ++k) {
      const float *const x = a.all()[k].tensor.data<float>(), *const y = b.all()[k].tensor.data<float>();
      float* const out = model.all()[k].tensor.data<float>();
      for (int64_t j = 0, n = model.all()[k].tensor.numel(); j < n; ++j)
        out[j] = static_cast<float>((1 - t) * static_cast<double>(x[j]) + t * static_cast<double>(y[j]));
    }
    line.t.push_back(t), line.loss.push_back(loss());
  }
  for (size_t k = 0; k < model.all().size(); ++k) copy_into(model.all()[k].tensor, before.all()[k].tensor);
  return line;
}

}  // namespace grim

#include <algorithm>
#include <map>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/str.h"
#include "grimoire/hub/adapter.h"
#include "grimoire/hub/adapter_algebra.h"
#include "grimoire/hub/low_rank.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/module_names.h"
#include "grimoire/hub/new_folder.h"
#include "grimoire/hub/run_folder.h"
#include "grimoire/nn/lora.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

// The base's tensors by the names of another model, whose body may be called otherwise.
class Base {
 public:
  explicit Base(const std::string& folder) : folder_(folder), all_(open_model_folder(folder).model->checkpoint()) {}
  // Undefined: there is none. throws: input, of another shape
  Tensor like(const NamedTensor& t) const {
    const auto found = std::ranges::find_if(all_, [&](const NamedTensor& own) { return same_tensor(own.name, t.name); });
    if (found == all_.end()) return {};
    if (found->tensor.shape() != t.tensor.shape())
      fail(ErrorKind::input, "adapter", str("tensor '{}': {} in {}, {} in the other: expected two models of one shape", t.name, found->tensor.shape(), folder_,
                                            t.tensor.shape()),
           "the other's vocabulary may have grown: enlarge the base's table likewise");
    return found->tensor;
  }

 private:
  std::string folder_;
  std::vector<NamedTensor> all_;
};

double squares(const Tensor& x) { return sum(square(cast(x, Dtype::f64))).item(); }

}  // namespace

Extracted extract_adapter(const std::string& base, const std::string& tuned, const ExtractOptions& options, const std::string& to) {
  check_new_folder(to, "adapter");
  const NoGrad evaluated;
  const Base before(model_folder_in(base));
  const ModelFolder after = open_model_folder(model_folder_in(tuned));
  std::map<std::string, Tensor> own;
  for (const NamedTensor& t : after.model->checkpoint()) own[t.name] = t.tensor;
  int64_t shared = 0;
  for (const auto& [name, tensor] : own) shared += before.like({name, tensor}).defined();  // shapes first, before anything is worked out
  GRIM_CHECK(shared > 0, input, "adapter", "no tensor of '{}' is in '{}': expected two models of one shape", base, tuned);
  Rng nothing_drawn(RngMode::unset, 0);
  const AdapterConfig config = attach_adapter_of_run(*after.model, {.kind = AdapterKind::lora, .rank = options.rank, .alpha = static_cast<double>(options.rank),
                                                                    .targets = options.targets, .saved = options.saved}, base, nothing_drawn);
  Extracted made{.whole = config.saved};
  double all = 0, kept = 0;
  each_adapted(*after.model, [&](const std::string& path, Linear& layer) {
    const auto& lora = dynamic_cast<const Lora&>(layer.product());
    const std::string name = path + ".weight";
    const Tensor now = lora.base().weight(), then = now.defined() && own.contains(name) ? before.like({name, now}) : Tensor();
    GRIM_CHECK(then.defined(), argument, "adapter", "layer '{}' has no matrix of its own in both models: expected other targets", path);
    const Tensor difference = cast(now, Dtype::f64) - cast(then, Dtype::f64);
    const Nearest nearest = nearest_of_rank(lora.layout() == WeightLayout::out_in ? difference : transpose(difference, 0, 1), config.rank);
    copy_into(lora.a(), nearest.update.a);
    copy_into(lora.b(), nearest.update.b);
    const double whole = squares(difference);
    all += whole, kept += nearest.kept * whole;
    if (nearest.kept < made.worst_kept) made.worst = path, made.worst_kept = nearest.kept;
    made.numbers += lora.a().numel() + lora.b().numel();
    ++made.layers;
    own.erase(name);
  });
  if (all > 0) made.kept = kept / all;
  for (const auto& [name, tensor] : own) {
    const Tensor then = before.like({name, tensor});
    if (!is_of(name, config.saved) && then.defined() && squares(tensor - then) > 0) made.left_out.push_back(name);
  }
  write_new_folder(to, adapter_files(*after.model, config, model_files(*after.model, after.tokenizer.get())));
  return made;
}

}  // namespace grim

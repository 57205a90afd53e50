#include "grimoire/task/distill.h"

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/run_folder.h"
#include "grimoire/io/hash.h"
#include "grimoire/model/register.h"
#include "grimoire/model/with_layers.h"
#include "grimoire/nn/products.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/loss.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/softmax.h"
#include "grimoire/tensor/copy.h"

namespace grim {

Options DistillOptions::options(RunConfig& run) {
  return {{.name = "teacher", .help = "the run or model folder that is learned from", .target = &run.init_from},
          {.name = "student-layers", .help = "the teacher's layers that the student begins with, counted from 0: 0,2,4", .target = &layers, .basic = true},
          {.name = "temperature", .help = "what logits are divided by: the higher, the more the teacher's second thoughts count", .target = &temperature,
           .low = 0.01, .high = 1000, .basic = true},
          {.name = "soft-weight", .help = "of the teacher's softened answers in the loss", .target = &soft, .low = 0, .basic = true},
          {.name = "hard-weight", .help = "of what is right by the data", .target = &hard, .low = 0, .basic = true},
          {.name = "cosine-weight", .help = "of the angle between the last hidden states of both", .target = &cosine, .low = 0, .basic = true}};
}

void DistillOptions::check() const {
  if (soft == 0 && hard == 0 && cosine == 0)
    throw Error(ErrorKind::usage,
                GRIM_SETTING("soft-weight=0") ", " GRIM_SETTING("hard-weight=0") " and " GRIM_SETTING("cosine-weight=0") ": nothing is learned",
                "give one of them a weight");
  if (layers.empty())
    throw Error(ErrorKind::usage, GRIM_SETTING("student-layers") " is missing: which of the teacher's layers the student begins with", "as in 0,2,4");
  layer_numbers(layers);
}

namespace {

std::string hash_of_weights(const Pretrained& model) {
  Hasher hasher;
  for (const NamedTensor& t : model.checkpoint()) {
    const Tensor dense = contiguous(t.tensor);
    hasher.add({static_cast<const char*>(dense.raw()), static_cast<size_t>(dense.numel() * size_of(dense.dtype()))});
  }
  return hasher.hex();
}

const char* what_is_asked(EncoderPart part) { return part == EncoderPart::labels ? "labels texts" : "fills in masked words"; }

const char* what_else(EncoderPart part) {
  return part == EncoderPart::labels ? "of one that fills in masked words: " GRIM_SETTING("objective=mlm")
                                       "; to label texts it is taught by: grimoire finetune MODEL " GRIM_SETTING("task=classify")
                                     : "of one that labels texts: " GRIM_SETTING("objective=labels");
}

}  // namespace

Teacher::Teacher(const RunConfig& run, EncoderPart part) : folder_(model_folder_in(run.init_from)) {
  ModelFolder opened = open_model_folder(folder_);
  encoder_ = {capability_in<TextEncoder>(opened.model), std::move(opened.tokenizer)};
  if (!encoder_.model || !encoder_.model->has(part))
    throw Error(ErrorKind::input, str("[distill] {}: the teacher has no head that {}", folder_, what_is_asked(part)), what_else(part));
  GRIM_CHECK(encoder_.tokenizer, input, "distill", "'{}' holds no tokenizer", folder_);
  hash_ = hash_of_weights(*encoder_.model);
  if (run.dtype == Dtype::bf16) round_products_to_bf16(*encoder_.model);
}

EncoderAtHand Teacher::student(const DistillOptions& options, const std::string& checkpoint, Rng& rng) const {
  std::unique_ptr<Pretrained> model = checkpoint.empty() ? with_layers(*open_model_folder(folder_).model, layer_numbers(options.layers))
                                                         : build_model(model_config(checkpoint), rng);
  return {capability_in<TextEncoder>(model), encoder_.tokenizer};
}

// Both distributions are positive, so that sum p log p exists; the teacher's has no gradient.
Tensor soft_loss(const Tensor& student, const Tensor& teacher, double T, LabelKind kind) {
  GRIM_CHECK(student.shape() == teacher.shape() && student.ndim() == 2, shape, "distill", "got {} of the student, {} of the teacher", student.shape(),
             teacher.shape());
  if (kind == LabelKind::number) return mean(square(student - teacher), 1);
  if (kind == LabelKind::one) return T * T * sum(kl_div(log_softmax(student / T, -1), softmax(teacher / T, -1), KlReduction::none), 1);
  const Tensor z = teacher / T, p = sigmoid(z);
  const Tensor entropy = softplus(z) - p * z;  // -p log p - (1 - p) log(1 - p), with log p = z - softplus(z) and log(1 - p) = -softplus(z)
  return T * T * mean(binary_cross_entropy_with_logits(student / T, p, Reduction::none) - entropy, 1);
}

Tensor cosine_loss(const Tensor& x, const Tensor& y) {
  GRIM_CHECK(x.shape() == y.shape() && x.ndim() == 2, shape, "distill", "got hidden states {} of the student, {} of the teacher", x.shape(), y.shape());
  constexpr double kEpsilon = 1e-12;  // PyTorch's
  const Tensor a = widened(x), b = widened(y);
  return 1 - sum(a * b, 1) / sqrt((sum(square(a), 1) + kEpsilon) * (sum(square(b), 1) + kEpsilon));
}

}  // namespace grim

// Knowledge distillation: a student, which begins with some of its teacher's layers, learns to answer as the teacher does.
//   Hinton, Vinyals and Dean 2015, "Distilling the Knowledge in a Neural Network"; Sanh et al. 2019, "DistilBERT"
// The loss is   a_soft T^2 KL(teacher_T || student_T) + a_hard (the objective itself) + a_cosine (1 - cos(teacher's, student's last hidden states)),
// where _T is a distribution softened by the temperature T. The teacher's answers are worked out batch by batch, in evaluation, without a gradient.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "grimoire/base/option.h"
#include "grimoire/model/text_encoder.h"
#include "grimoire/op/binary.h"
#include "grimoire/task/finetune.h"
#include "grimoire/task/mlm_data.h"
#include "grimoire/train/run_config.h"

namespace grim {

struct DistillOptions {
  std::string layers;                        // of the teacher, which the student has: "0,2,4"
  double temperature = 2;                    // T
  double soft = 5, hard = 2, cosine = 1;     // a_soft, a_hard, a_cosine: those of DistilBERT

  Options options(RunConfig& run);  // the folder of the teacher is the run's init_from
  void check() const;               // throws: usage, nothing to learn from; argument, `layers` are no numbers
};

// The teacher of a run, and the student that the run begins with or goes on with.
class Teacher {
 public:
  // Of the run's dtype. throws: input, no encoder is there, or one without `part`
  Teacher(const RunConfig& run, EncoderPart part);
  const TextEncoder& model() const { return *encoder_.model; }
  const std::shared_ptr<const Tokenizer>& tokenizer() const { return encoder_.tokenizer; }
  const std::string& hash() const { return hash_; }  // XXH3-128 of its weights
  // `checkpoint`: as TaskSource::make has it, still to be loaded. throws: argument, a layer that is not there or named twice
  EncoderAtHand student(const DistillOptions& options, const std::string& checkpoint, Rng& rng) const;

 private:
  std::string folder_, hash_;
  EncoderAtHand encoder_;
};

// T^2 KL(p || q) of each row, p = softmax(teacher / T) and q = softmax(student / T); of several labels the mean over them of the same for each, right or
// not; of a number the squared difference. (N, K), (N, K) f32 or f64 -> (N,). Its gradient in a logit of the student is T (q - p): T^2 keeps the size of the
// gradient where it is for T = 1, at which cross-entropy has q - y (Hinton et al. 2015, section 2).
Tensor soft_loss(const Tensor& student, const Tensor& teacher, double temperature, LabelKind kind = LabelKind::one);
// 1 - cos(x, y) of each row: (N, C), (N, C) -> (N,), as PyTorch's CosineEmbeddingLoss of equal things
Tensor cosine_loss(const Tensor& x, const Tensor& y);

// Of words the mean over those that are hidden, of angles over all tokens. Where both have a head for what follows, the student learns from its answers
// alike, the mean over the texts. 0-d
Tensor distill_mlm_loss(const TextEncoder& student, const TextEncoder& teacher, const MlmExamples::Batch& batch, const DistillOptions& options, Pass& pass);

// Parts of a loss, each with its weight.
struct WeightedSum {
  Tensor sum;  // undefined: there are none
  void add(double weight, const Tensor& part) { sum = sum.defined() ? grim::add(sum, mul(part, weight)) : mul(part, weight); }
};

TaskDefaults distill_task_settings();      // a head that labels texts
TaskDefaults distill_mlm_task_settings();  // one that fills in masked words

}  // namespace grim

// Everything that decides a training run. The same data, the same RunConfig and the same program give the same weights, bit
// for bit. A run folder keeps it as config.json.
#pragma once

#include "grimoire/base/option.h"

namespace grim {

struct RunConfig {
  // what
  std::string model = "gpt";   // bigram, neural-bigram, mlp, bow, rnn, gru, lstm, wavenet, gpt
  std::string data;            // path of a text file
  std::string format = "auto"; // lines, text, auto
  std::string out;             // run folder

  // shape of the model; 0 takes the model's default
  int64_t context = 0;
  int64_t n_embd = 0;
  int64_t n_hidden = 0;
  int64_t n_layer = 0;
  int64_t n_head = 0;
  double dropout = 0;
  bool batch_norm = false;
  double gain = 0;             // mlp: of the hidden layers' first weights; 0: 5/3
  double last_scale = 0;       // mlp: of the last layer's first weights; 0: the model's own (model/mlp.h)
  bool tied = false;
  bool biases = true;
  std::string init = "gpt2";  // initial weights of gpt: gpt2, torch
  double smoothing = 1;        // bigram: added to every count

  // how
  int64_t steps = 0;
  int64_t batch_size = 0;      // examples of one micro-batch; 0 with full_batch
  int64_t accumulate = 1;      // micro-batches of one step
  bool full_batch = false;
  std::string optimizer = "adamw";  // sgd, adam, adamw
  double lr = 5e-4, min_lr = 0;
  std::string schedule = "constant";  // constant, cosine, step, inverse-sqrt
  int64_t warmup = 0;
  double decay_at = 0.75;      // step schedule: after this share of the steps
  double decay_factor = 0.1;   // the rate is multiplied by this
  double momentum = 0;
  bool nesterov = false;
  double beta1 = 0.9, beta2 = 0.99;
  double weight_decay = 0.01;
  bool decay_all = true;       // also biases, norms and vectors
  double l1 = 0, l2 = 0;
  double grad_clip = 0;        // 0: off
  double ema = 0;              // decay of the averaged weights; 0: off

  // split
  std::string split = "80/10/10";  // train/dev/test; "100/0/0" trains on everything
  // when
  int64_t eval_every = 0;      // 0: chosen from steps
  int64_t eval_batches = 0;    // 0: the whole split
  int64_t save_every = 0;      // 0: chosen from steps
  int64_t patience = 0;        // evaluations without a better dev loss before stopping; 0: off

  int64_t seed = 1337;
  std::string rng = "philox";  // philox, torch
  int64_t threads = 0;         // 0: every core

  Options options();
};

// The defaults of this model: the published recipe it is known by. Lines and running text differ for gpt.
RunConfig default_run(const std::string& model, const std::string& format);
const std::vector<std::string>& trainable_models();  // ours; those that were added (model/language_model.h) can be trained too

}  // namespace grim

// What tests of fine-tuning share: a small BERT with its tokenizer in a folder, runs that begin with it, and what all such runs hold to.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/files.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/io/checkpoint.h"
#include "grimoire/model/bert.h"
#include "grimoire/task/tasks.h"
#include "grimoire/train/run.h"
#include "support/op_case.h"
#include "support/quiet_run.h"

namespace grim::test {

// A tokenizer.json of words that white space parts: [UNK], [CLS], [SEP] and [MASK] are 0 to 3, `words` go on from 4.
inline std::string word_tokenizer(std::initializer_list<const char*> words) {
  std::string vocabulary = R"("[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "[MASK]": 3)";
  int next = 4;
  for (const char* const word : words) vocabulary += str(R"(, "{}": {})", word, next++);
  return str(R"({{"version": "1.0", "added_tokens": [], "pre_tokenizer": {{"type": "WhitespaceSplit"}},
  "post_processor": {{"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]}},
  "model": {{"type": "WordLevel", "unk_token": "[UNK]", "vocab": {{{}}}}}}})", vocabulary);
}

class TaughtRun : public ::testing::Test {
 protected:
  // The folder bert-1, two layers of 16 numbers under a head for masked words.
  void begin_with(const std::string& tokenizer, int64_t vocabulary, int64_t context) {
    add_tasks();
    Rng rng(RngMode::philox, 1);
    const Bert bert({.vocab_size = vocabulary, .context = context, .n_embd = 16, .n_layer = 2, .n_head = 2, .n_inner = 32, .dropout = 0,
                     .head = BertHead::masked}, rng);
    write_atomically(folder_ / "tokenizer.json", tokenizer);
    save_checkpoint(folder_ / "bert-1", model_files(bert, load_tokenizer(folder_ / "tokenizer.json").get()), Json::object());
  }
  RunConfig run_of(const std::string& task, const std::string& name, const std::string& data) const {
    RunConfig c;
    c.model = "bert";
    c.task = task;
    c.init_from = folder_ / "bert-1";
    c.data = folder_ / data;
    c.out = folder_ / name;
    c.split = "75/25/0";
    c.steps = 60;
    c.batch_size = 8;
    c.lr = 5e-3;
    c.eval_every = 20;
    c.save_every = 15;
    return c;
  }
  void expect_same(const std::string& a, const std::string& b) const { expect_same_weights(folder_ / a, folder_ / b); }
  // The same bits on one thread and two, and of a run that is stopped at the 23rd asking and goes on; `meanwhile` comes between.
  void expect_same_for_threads_and_across_a_stop(const std::function<RunConfig(const std::string& name)>& make,
                                                 const std::function<void()>& meanwhile = [] {}) {
    for (const int threads : {1, 2}) {
      RunConfig c = make(str("threads-{}", threads));
      c.threads = threads;
      train(c, quiet_);
    }
    expect_same("threads-1", "threads-2");
    const RunConfig c = make("stopped");
    Quiet stopper;
    stopper.stop_at = 23;
    EXPECT_EQ(train(c, stopper).ending, Ending::stopped);
    meanwhile();
    resume(c.out, quiet_);
    expect_same("threads-1", "stopped");
  }
  // Three steps of batches of eight, and of smaller ones that are added up: weights to 1e-6, but of those that `cancels` names, whose gradient is nothing
  // but rounding.
  void expect_batches_to_add_up(RunConfig one, int64_t batch_size, const std::function<bool(const std::string& weight)>& cancels) {
    one.steps = 3;
    one.lr = .1;
    one.set("optimizer", "sgd");
    train(one, quiet_);
    RunConfig parts = one;
    parts.out = folder_ / "parts";
    parts.batch_size = batch_size;
    parts.accumulate = 8 / batch_size;
    train(parts, quiet_);
    const TensorMap x = weights_of_run(one.out), y = weights_of_run(parts.out);
    for (const auto& [name, tensor] : x)
      if (!cancels(name)) EXPECT_LE(relative_difference(tensor, y.at(name)), 1e-6) << name;
  }
  std::string refusal(const RunConfig& c) {
    try {
      train(c, quiet_);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  }
  bool noted(const std::string& part) const {
    for (const std::string& n : quiet_.notes)
      if (n.find(part) != std::string::npos) return true;
    return false;
  }

  TempFolder folder_;
  Quiet quiet_;
};

}  // namespace grim::test

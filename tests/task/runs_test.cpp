// Encoders and writers are trained as language models are: the same bits for any number of threads, and as if a stop had not been.
#include <cmath>
#include <filesystem>

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/files.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/run_folder.h"
#include "grimoire/hub/trained_model.h"
#include "grimoire/io/checkpoint.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/task/tasks.h"
#include "grimoire/train/cost.h"
#include "grimoire/train/run.h"
#include "support/op_case.h"
#include "support/quiet_run.h"

namespace grim {
namespace {
using test::Quiet;

// Words that follow each other in a circle, with what both objectives need around them.
const char* const kTokenizer = R"({"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "WhitespaceSplit"},
  "model": {"type": "WordLevel", "unk_token": "[UNK]", "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "[MASK]": 3, "</s>": 4, "<extra_id_0>": 5,
  "<extra_id_1>": 6, "<extra_id_2>": 7, "<extra_id_3>": 8, "one": 9, "two": 10, "three": 11, "four": 12, "five": 13, "six": 14, "seven": 15}}})";

class TaskRuns : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    add_tasks();
    const char* const circle[] = {"one", "two", "three", "four", "five", "six", "seven"};
    std::string text;
    for (int i = 0; i < 4000; ++i) text += std::string(circle[i % 7]) + (i % 11 == 10 ? "\n" : " ") + (i % 110 == 109 ? "\n" : "");
    write_atomically(folder_ / "text.txt", text);
    write_atomically(folder_ / "tokenizer.json", kTokenizer);
  }
  RunConfig config(const std::string& name) {
    RunConfig c = default_run(GetParam(), CorpusFormat::text);
    c.data = folder_ / "text.txt";
    c.out = folder_ / name;
    c.set("tokenizer", folder_ / "tokenizer.json").set("n_embd", 16).set("n_head", 2).set("n_layer", 1).set("n_inner", 32);
    if (writes()) c.set("length", 16);
    else c.set("context", 24).set("documents", "lines");
    c.steps = 40;
    c.batch_size = 8;
    c.warmup = 5;
    c.eval_every = 20;
    c.save_every = 15;
    return c;
  }
  static bool writes() { return architecture_named(GetParam()).task != "mlm"; }  // one text from another
  TensorMap weights(const std::string& run) { return test::weights_of_run(run); }
  void expect_same(const std::string& a, const std::string& b) { test::expect_same_weights(folder_ / a, folder_ / b); }
  test::TempFolder folder_;
  Quiet quiet_;
};

TEST_P(TaskRuns, AreTheSameForAnyNumberOfThreads) {
  for (const int threads : {1, 2}) {
    RunConfig c = config(str("threads-{}", threads));
    c.threads = threads;
    train(c, quiet_);
  }
  expect_same("threads-1", "threads-2");
}

TEST_P(TaskRuns, GoOnAsIfTheyHadNotStopped) {
  train(config("whole"), quiet_);
  RunConfig c = config("stopped");
  Quiet stopper;
  stopper.stop_at = 23;
  train(c, stopper);
  resume(c.out, quiet_);
  expect_same("whole", "stopped");
}

TEST_P(TaskRuns, LearnInBf16WhatTheyLearnInF32) {
  const RunResult wide = train(config("f32"), quiet_);
  RunConfig c = config("bf16");
  c.set("dtype", "bf16");
  c.threads = 1;
  const RunResult narrow = train(c, quiet_);
  EXPECT_NEAR(narrow.train_loss, wide.train_loss, .02);
  for (const auto& [name, tensor] : weights(c.out)) EXPECT_EQ(tensor.dtype(), Dtype::f32) << name;
  c.out = folder_ / "stopped";
  c.threads = 2;
  Quiet stopper;
  stopper.stop_at = 23;
  train(c, stopper);
  resume(c.out, quiet_);
  expect_same("bf16", "stopped");
}

// Below what is lost by whoever writes the seven words as often as they come.
TEST_P(TaskRuns, LearnAndComeBack) {
  RunConfig c = config("learned");
  c.steps = 1500;
  c.lr = 5e-3;
  c.set("dropout", 0.0);
  const RunResult r = train(c, quiet_);
  EXPECT_LT(r.train_loss, std::string(GetParam()) == "bert" ? std::log(7.0) + std::log(2.0) - 0.5 : std::log(7.0) - 0.5);
  const AnyTrained any = load_any(c.out);
  EXPECT_EQ(std::holds_alternative<TrainedSeq2Seq>(any), writes());
  if (writes()) {
    const Json about = Json::parse(read_file(model_folder_in(c.out) + "/config.json"));
    for (const char* key : {"eos_token_id", "pad_token_id", "decoder_start_token_id"})
      EXPECT_EQ(about.integer(key), 4) << key << ": </s>, as there is no <pad>";
  }
  RunConfig more = config("more");
  more.init_from = c.out;
  more.set("tokenizer", "");
  more.steps = 1;
  more.lr = 0;
  EXPECT_NEAR(train(more, quiet_).train_loss, r.train_loss, 0.3) << "it begins where the other ended";
}

// What a folder's config.json says of tokens is kept by whoever goes on from it, and by whoever writes with it.
using WriterRuns = TaskRuns;
TEST_P(WriterRuns, KeepTheTokensThatAFolderNames) {
  RunConfig c = config("first");
  c.steps = 1;
  train(c, quiet_);
  const std::string from = model_folder_in(c.out), to = folder_ / "named";
  std::filesystem::create_directories(to);
  for (const char* name : {"model.safetensors", "tokenizer.json", "tokenizer_config.json"})
    std::filesystem::copy_file(join_path(from, name), join_path(to, name));
  Json about = Json::parse(read_file(join_path(from, "config.json")));
  about.set("decoder_start_token_id", 9);
  about.set("forced_bos_token_id", 10);
  write_atomically(join_path(to, "config.json"), about.dump());
  const AnyTrained any = load_any(to);
  const auto& writer = std::get<TrainedSeq2Seq>(any);
  EXPECT_EQ(writer.model->start(), 9);
  EXPECT_EQ(writer.generation.integer("forced_bos_token_id"), 10) << "there is no generation_config.json";
  RunConfig more = config("more");
  more.init_from = to;
  more.set("tokenizer", "");
  more.steps = 1;
  train(more, quiet_);
  EXPECT_EQ(Json::parse(read_file(join_path(model_folder_in(more.out), "generation_config.json"))).integer("decoder_start_token_id"), 9);
  save_checkpoint(folder_ / "kept-1", model_files(*writer.model, writer.tokenizer.get()), Json::object());
  EXPECT_EQ(Json::parse(read_file(folder_ / "kept-1/generation_config.json")).integer("forced_bos_token_id"), 10);
}
INSTANTIATE_TEST_SUITE_P(Models, WriterRuns, ::testing::Values("bart", "transformer"), [](const auto& info) { return std::string(info.param); });

// Shapes that are tried to foretell it are smaller than the weights that the run begins with.
TEST_P(TaskRuns, CostTheSameWhateverTheyBeginWith) {
  RunConfig c = config("first");
  c.set("n_embd", 64).set("n_inner", 128);
  c.steps = 1;
  train(c, quiet_);
  RunConfig more = c;
  more.init_from = c.out;
  more.set("tokenizer", "");
  const RunCost anew = predict_cost(c), goes_on = predict_cost(more);
  EXPECT_GT(anew.parameters, 20000);
  EXPECT_EQ(goes_on.parameters, anew.parameters);
  EXPECT_EQ(goes_on.examples, anew.examples);
  EXPECT_EQ(goes_on.activation_bytes, anew.activation_bytes);
}

TEST_P(TaskRuns, SayWhatTheTokenizerLacks) {
  write_atomically(folder_ / "tokenizer.json", R"({"model": {"type": "WordLevel", "unk_token": "a", "vocab": {"a": 0}}})");
  try {
    train(config("none"), quiet_);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::input) << e.what();
    EXPECT_NE(std::string(e.what()).find("tokenizer"), std::string::npos);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, TaskRuns, ::testing::Values("bert", "roberta", "t5", "bart", "transformer"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace grim

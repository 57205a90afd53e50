// Runs: bit-exact repetition, threads, resuming from any step, accumulation, early stopping, and what goes wrong.

#include <cmath>

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/clock.h"
#include "grimoire/base/files.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/trained_model.h"
#include "grimoire/io/checkpoint.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/train/cost.h"
#include "grimoire/train/diagnosis.h"
#include "grimoire/train/lm_source.h"
#include "grimoire/train/provenance.h"
#include "grimoire/train/report.h"
#include "grimoire/train/run.h"
#include "grimoire/train/run_sizes.h"
#include "grimoire/train/trainer.h"
#include "support/op_case.h"

namespace grim {
namespace {

std::string words() {
  std::string text;
  uint64_t state = 1;
  for (int i = 0; i < 300; ++i) {
    for (uint64_t length = 3 + i % 5; length > 0; --length) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      text += "aeioubcdl"[(state >> 40) % 9];
    }
    text += "\n";
  }
  return text;
}

struct Quiet : RunEvents {
  int64_t stop_at = -1, steps_seen = 0;
  std::vector<std::string> saves;
  void saved(const std::string& path, int64_t) override { saves.push_back(path); }
  bool stop_requested() override { return ++steps_seen == stop_at; }
};

class Runs : public ::testing::Test {
 protected:
  RunConfig config(const std::string& model, const std::string& name) {
    const std::string data = folder_ / ("words.txt");
    write_atomically(data, words());
    RunConfig c = default_run(model, CorpusFormat::lines);
    c.data = data;
    c.out = folder_ / (name);
    c.steps = 60;
    c.batch_size = 8;
    c.eval_every = 20;
    c.save_every = 25;
    return c;
  }
  // Every byte of the last checkpoint that decides how the run goes on.
  TensorMap state(const std::string& run) {
    const FoundCheckpoint found = newest_valid_checkpoint(run + "/checkpoints");
    EXPECT_TRUE(static_cast<bool>(found)) << run;
    TensorMap all = read_safetensors(found.path + "/model.safetensors");
    for (auto& [name, tensor] : read_safetensors(found.path + "/optimizer.safetensors")) all["optimizer." + name] = tensor;
    return all;
  }
  void expect_same_state(const std::string& a, const std::string& b) {
    const TensorMap x = state(a), y = state(b);
    ASSERT_EQ(x.size(), y.size());
    for (const auto& [name, tensor] : x) ASSERT_TRUE(test::bit_equal(tensor, y.at(name))) << name;
  }
  test::TempFolder folder_;
  Quiet quiet_;
};

TEST_F(Runs, SameSeedTwiceAndOneAgainstTwoThreads) {
  for (const char* model : {"gpt", "mlp", "wavenet", "lstm"}) {
    RunConfig c = config(model, str("{}-1", model));
    c.steps = 200;
    if (std::string(model) == "gpt") c.set("dropout", 0.1);
    c.threads = 1;
    train(c, quiet_);
    c.out = folder_ / (str("{}-1-again", model));
    train(c, quiet_);
    c.out = folder_ / (str("{}-2", model));
    c.threads = 2;
    train(c, quiet_);
    expect_same_state(folder_ / (str("{}-1", model)), folder_ / (str("{}-1-again", model)));
    expect_same_state(folder_ / (str("{}-1", model)), folder_ / (str("{}-2", model)));
    c.out = folder_ / (str("{}-seed", model));
    c.seed = 2;
    train(c, quiet_);
    EXPECT_FALSE(test::bit_equal(state(c.out).begin()->second, state(folder_ / (str("{}-1", model))).begin()->second));
  }
}

// Masters in f32, whole in the checkpoints; what is judged, saved and resumed is what they are in f32.
TEST_F(Runs, InBf16EveryModelLearnsWhatItLearnsInF32) {
  for (const Architecture* a : architectures()) {
    if (a->task != "lm" || a->counts) continue;  // other tasks: tests/task
    RunConfig c = config(a->name, a->name + "-f32");
    if (a->name == "mixtral") c.set("experts_per_token", 8);  // all: a choice between scores that lie close is another one once they are rounded
    c.ema = 0.5;
    const RunResult wide = train(c, quiet_);
    c.out = folder_ / (a->name + "-bf16");
    c.set("dtype", "bf16");
    c.threads = 1;
    const RunResult narrow = train(c, quiet_);
    EXPECT_NEAR(narrow.train_loss, wide.train_loss, .02) << a->name;
    EXPECT_EQ(read_run_config(c.out).dtype, Dtype::bf16);
    const TensorMap whole = state(c.out), other = state(folder_ / (a->name + "-f32"));
    bool exact = false;  // more digits than bf16 has
    for (const auto& [name, tensor] : whole) {
      EXPECT_EQ(tensor.dtype(), Dtype::f32) << a->name << " " << name;
      exact = exact || !test::bit_equal(tensor, cast(cast(tensor, Dtype::bf16), Dtype::f32));
    }
    EXPECT_TRUE(exact) << a->name;
    EXPECT_NE(test::bit_equal(whole.begin()->second, other.begin()->second), true) << a->name << ": nothing was rounded on the way";
    RunConfig again = c;
    again.out = folder_ / (a->name + "-again");
    again.threads = 2;
    Quiet stopping;
    stopping.stop_at = 31;
    EXPECT_EQ(train(again, stopping).ending, Ending::stopped);
    resume(again.out, quiet_);
    expect_same_state(c.out, again.out);
  }
  RunConfig counting = config("bigram", "refused");
  EXPECT_EQ(find(counting.options(), "dtype"), nullptr) << "what counts rounds nothing";
}

// Stopped after every step in turn, then resumed: the same weights, optimiser state and metrics as the unbroken run.
TEST_F(Runs, ResumeFromAnyStepIsBitExact) {
  for (const RngMode rng : {RngMode::philox, RngMode::torch}) {
    const std::string name = rng == RngMode::torch ? "torch" : "philox";
    RunConfig c = config("gpt", "whole-" + name);
    c.set("n_layer", 1);
    c.set("n_embd", 8);
    c.set("n_head", 2);
    c.set("dropout", 0.1);
    c.steps = 24;
    c.eval_every = 6;
    c.ema = 0.9;
    c.rng = rng;
    train(c, quiet_);
    const std::string whole = c.out;
    for (int64_t stop = 1; stop < 24; ++stop) {
      c.out = folder_ / (str("stopped-{}-{}", name, stop));
      Quiet stopping;
      stopping.stop_at = stop;
      EXPECT_EQ(train(c, stopping).ending, Ending::stopped);
      const RunResult r = resume(c.out, quiet_);
      EXPECT_EQ(r.step, 24);
      expect_same_state(whole, c.out);
    }
  }
}

// Running text by the pieces of a tokenizer that was made before: the model has its symbols, the run folder keeps it, and a stop changes nothing.
TEST_F(Runs, ExamplesMayBeShorterThanWhatTheModelReads) {
  write_atomically(folder_ / "running.txt", words());
  RunConfig c = default_run("gpt", CorpusFormat::text);
  c.data = folder_ / "running.txt";
  c.format = CorpusFormat::text;
  c.set("context", 32).set("n_layer", 1).set("n_embd", 16).set("n_head", 2);
  const auto tokens = [&](int64_t window) {
    c.window = window;
    const std::unique_ptr<TaskSource> source = c.open_task();
    source->resolve(c);
    Rng rng(RngMode::philox, 1);
    const std::unique_ptr<Task> task = source->make(c, rng);
    const int64_t first = 0;
    EXPECT_EQ(c.places(), static_cast<int64_t>(task->weight({&first, 1})));
    EXPECT_EQ(places_of(c), c.places());
    return task->weight({&first, 1});
  };
  EXPECT_EQ(tokens(0), 32);
  EXPECT_EQ(tokens(8), 8);
  EXPECT_EQ(tokens(100), 32);
  RunConfig windows = default_run("mlp", CorpusFormat::text);
  windows.data = c.data;
  windows.window = 8;
  EXPECT_THROW(windows.open_task()->resolve(windows), Error);
}

TEST_F(Runs, ATokenizerNumbersRunningText) {
  write_atomically(folder_ / "tokenizer.json", R"({"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "WhitespaceSplit"},
    "model": {"type": "BPE", "vocab": {"a": 0, "e": 1, "i": 2, "o": 3, "u": 4, "b": 5, "c": 6, "d": 7, "l": 8, "ba": 9, "el": 10},
    "merges": ["b a", "e l"]}})");
  RunConfig c = config("gpt", "pieces");
  c.set("tokenizer", folder_ / "tokenizer.json").set("n_embd", 16).set("n_head", 2).set("n_layer", 1).set("context", 16);
  c.format = CorpusFormat::automatic;
  const std::unique_ptr<TaskSource> source = c.open_task();
  EXPECT_EQ(source->format(), CorpusFormat::text);
  const std::shared_ptr<const Tokenizer> pieces = open_tokenizer(folder_ / "tokenizer.json");
  const auto tokens = static_cast<double>(pieces->encode(words()).size());
  EXPECT_LT(tokens, 0.9 * static_cast<double>(words().size()));
  EXPECT_EQ(source->sizes(c).extent, tokens);  // not characters
  const RunResult r = train(c, *source, quiet_);
  EXPECT_EQ(r.vocab_size, 11);
  EXPECT_TRUE(exists(r.checkpoint + "/tokenizer.json"));
  RunConfig stopped = c;
  stopped.out = folder_ / "stopped";
  Quiet stopping;
  stopping.stop_at = 31;
  EXPECT_EQ(train(stopped, *source, stopping).ending, Ending::stopped);
  const std::string kept = read_file(folder_ / "tokenizer.json");
  std::string other = kept;
  other.replace(other.find("\"ba\": 9, \"el\": 10"), 17, "\"el\": 9, \"ba\": 10");
  write_atomically(folder_ / "tokenizer.json", other);
  try {
    resume(stopped.out, quiet_);
    FAIL() << "it went on with other numbers";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("id 9 was 'ba' then, is 'el' now"), std::string::npos) << e.what();
  }
  files().remove(folder_ / "tokenizer.json");  // as of a path that was given from another folder
  resume(stopped.out, quiet_);
  expect_same_state(c.out, stopped.out);
  write_atomically(folder_ / "tokenizer.json", kept);
  stopped.format = CorpusFormat::lines;
  EXPECT_THROW(stopped.open_task(), Error);
}

// Documents that the end-of-text token parts: the model reads them without the white space around it, from the first token on, and a text that it writes
// ends where one of them does.
TEST_F(Runs, AnEndTokenPartsDocuments) {
  write_atomically(folder_ / "tokenizer.json", R"({"version": "1.0", "added_tokens": [{"id": 4, "content": "<end>", "single_word": false,
    "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
    "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, " ": 2, "\n": 3, "<end>": 4}, "merges": []}})");
  write_atomically(folder_ / "tokenizer_config.json", R"({"eos_token": "<end>", "bos_token": "<end>"})");
  std::string text;
  for (int i = 0; i < 200; ++i) text += "ab ba\n<end>\n";
  const std::shared_ptr<const Tokenizer> tokenizer = open_tokenizer(folder_.path());
  const Corpus corpus = corpus_of(text, "documents", CorpusFormat::text);
  ASSERT_TRUE(has_documents(corpus, *tokenizer));
  EXPECT_FALSE(has_documents(corpus_of("ab ba", "none", CorpusFormat::text), *tokenizer));
  EXPECT_EQ(running_text(corpus_of("ab ba\n\n", "none", CorpusFormat::text), *tokenizer), "ab ba\n\n");
  const LmData data = make_lm_data(corpus, *tokenizer, SplitPercent::parse("90/10/0"), Reading::sequence, 8);
  const std::vector<int64_t> first = {0};
  EXPECT_EQ(data.train.take(first).x.to_vector<int64_t>(), (std::vector<int64_t>{4, 0, 1, 2, 1, 0, 4, 0}));
  EXPECT_EQ(data.train.rows() + 8 + data.dev.rows() + 8, 200 * 6 + 1);

  RunConfig c = config("gpt", "documents");
  c.data = folder_.put("documents.txt", text);
  c.format = CorpusFormat::automatic;
  c.set("tokenizer", folder_.path()).set("n_embd", 16).set("n_head", 2).set("n_layer", 1).set("context", 8);
  c.steps = 300, c.lr = 1e-2;
  const std::unique_ptr<TaskSource> source = c.open_task();
  EXPECT_EQ(source->sizes(c).extent, 200 * 6 + 1);
  const RunResult r = train(c, *source, quiet_);
  const std::vector<std::string> samples = source->samples(r.checkpoint);
  ASSERT_EQ(samples.size(), 5u);
  for (const std::string& s : samples) EXPECT_EQ(s, tokenizer->decode(tokenizer->encode("ab ba")));
}

TEST_F(Runs, AccumulationIsOneLargeBatch) {
  const Corpus corpus = corpus_of(words(), "words");
  RunConfig big = config("gpt", "big");
  big.set("n_layer", 1);
  big.batch_size = 12;
  const LmSource source(corpus);
  source.resolve(big);
  RunConfig small = big;
  small.batch_size = 4;
  small.accumulate = 3;
  Trainer a(big, source), b(small, source);
  // The same twelve rows, once together and once in three parts of unequal token counts.
  a.parameters().zero_grad();
  b.parameters().zero_grad();
  a.accumulate_gradients({{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}});
  b.accumulate_gradients({{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9, 10, 11}});
  EXPECT_LT(test::relative_difference(b.parameters().gradients(), a.parameters().gradients()), 1e-5);
}

// The same run, bit for bit, whether layers are kept or computed again: with dropout, accumulation, averages, and a stop on the way.
TEST_F(Runs, RecomputingChangesNoBit) {
  for (const char* model : {"gpt", "transfo-xl"}) {
    RunConfig c = config(model, str("{}-kept", model));
    c.set("n_layer", 3).set("n_embd", 32).set("n_head", 4).set("dropout", 0.1);
    c.steps = 24, c.accumulate = 2, c.ema = 0.9, c.grad_clip = 1;
    train(c, quiet_);
    RunConfig again = c;
    again.out = folder_ / str("{}-again", model);
    again.set("recompute", true);
    again.threads = 2;
    Quiet stopping;
    stopping.stop_at = 11;
    EXPECT_EQ(train(again, stopping).ending, Ending::stopped);
    EXPECT_TRUE(read_run_config(again.out).recompute);
    stopping.stop_at = 17;
    resume(again.out, stopping, {.recompute = Recompute::no});
    EXPECT_FALSE(read_run_config(again.out).recompute);
    resume(again.out, quiet_, {.recompute = Recompute::yes});
    EXPECT_TRUE(read_run_config(again.out).recompute);
    expect_same_state(c.out, again.out);
    EXPECT_TRUE(exists(again.out + "/report.html"));
    const Diagnosis kept = diagnose_run(c.out), seen = diagnose_run(again.out);
    ASSERT_EQ(seen.layers.size(), kept.layers.size());
    for (size_t i = 0; i < kept.layers.size(); ++i) {
      EXPECT_EQ(seen.layers[i].name, kept.layers[i].name);
      EXPECT_EQ(seen.layers[i].gradient.std, kept.layers[i].gradient.std) << kept.layers[i].name;
    }
    EXPECT_TRUE(changed_settings(provenance_of(c, *c.open_task()), provenance_of(again, *c.open_task())).empty());
  }
}

// Windows of running text overlap: an epoch is as many as lie beside each other.
TEST_F(Runs, AnEpochReadsAsMuchAsThereIs) {
  RunConfig c = config("gpt", "epochs");
  write_atomically(folder_ / "running.txt", std::string(1000, 'a') + "bcd");
  c.data = folder_ / "running.txt";
  c.format = CorpusFormat::text;
  c.split = "100/0/0";
  c.set("context", 16).set("epochs", 1.5);
  c.open_task()->resolve(c);
  EXPECT_EQ(c.steps, 12) << "1.5 x 63 windows, 8 a step";
  c.batch_size = 0, c.full_batch = true;
  c.open_task()->resolve(c);
  EXPECT_EQ(c.steps, 2);
  RunConfig counts = config("bigram", "counts");
  EXPECT_THROW(counts.set("epochs", 1.0), Error) << "it makes no steps";
}

TEST_F(Runs, RecomputingIsRefusedWhereThereAreNoLayers) {
  RunConfig c = config("lstm", "refused");
  c.steps = 1;
  train(c, quiet_);
  for (const Recompute asked : {Recompute::yes, Recompute::no}) {
    try {
      resume(c.out, quiet_, {.recompute = asked});
      ADD_FAILURE();
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::usage) << e.what();
      EXPECT_NE(std::string(e.what()).find("a lstm has no layers that could be computed again"), std::string::npos) << e.what();
    }
  }
  c.out = folder_ / "refused-too";
  EXPECT_EQ(find(c.options(), "recompute"), nullptr);
  try {
    c.set("recompute", true);
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "lstm has no setting 'recompute'");
  }
  try {
    read_settings(c, Json::parse(R"({"recompute": true})", "settings.json"), "settings.json");
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "settings.json: unknown setting 'recompute': a lstm has none");
    EXPECT_EQ(e.hint().find("it is a setting of gpt, llama"), 0u) << e.hint();
  }
  c.recompute = true;
  try {
    train(c, quiet_);
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("a lstm has no layers that could be computed again"), std::string::npos) << e.what();
  }
  EXPECT_FALSE(exists(c.out));
}

TEST_F(Runs, StopsEarlyAndKeepsTheBest) {
  RunConfig c = config("mlp", "early");
  c.steps = 4000;
  c.optimizer = OptimizerKind::adam;
  c.lr = 0.01;
  c.schedule = Decay::constant;
  c.eval_every = 20;
  c.patience = 3;
  const RunResult r = train(c, quiet_);
  EXPECT_EQ(r.ending, Ending::early);
  EXPECT_EQ(r.step, r.best_step + 60);
  EXPECT_EQ(load_trained(c.out).path, r.checkpoint);
}

TEST_F(Runs, NamesTheFirstBadTensorAndKeepsTheLastCheckpoint) {
  RunConfig c = config("mlp", "nan");
  c.lr = 1e39;  // infinite in f32
  c.save_every = 1;
  try {
    train(c, quiet_);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::numeric);
    EXPECT_NE(std::string(e.what()).find("wte.weight"), std::string::npos) << e.what();
  }
}

// A rate that no model survives: the run fails, says so, and what was good before is still there.
TEST_F(Runs, ARunThatDivergesFails) {
  for (const char* model : {"mlp", "wavenet", "neural-bigram", "gpt", "lstm", "bow"})
    for (const int64_t steps : {1, 2, 3, 60}) {
      RunConfig c = config(model, str("{}-diverges-{}", model, steps));
      c.lr = 1e9;
      c.schedule = Decay::constant;
      c.steps = steps;
      try {
        train(c, quiet_);
        ADD_FAILURE() << model << " " << steps;
      } catch (const Error& e) {
        EXPECT_EQ(e.kind(), ErrorKind::numeric) << e.what();
        EXPECT_NE(e.hint().find("nothing was worth saving"), std::string::npos) << e.hint();
      }
      EXPECT_TRUE(exists(c.out + "/report.html"));
    }
}

TEST_F(Runs, WhatWasGoodBeforeItDivergedStands) {
  RunConfig c = config("mlp", "late");
  c.steps = 40;
  train(c, quiet_);
  const std::string path = c.out + "/config.json";
  Json settings = Json::parse(read_file(path));
  settings.set("lr", 1e9);
  write_atomically(path, settings.dump_pretty());
  struct : Quiet {
    std::string notes;
    void note(const std::string& text) override { notes += text; }
  } noting;
  try {
    resume(c.out, noting, {.steps = 80});
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::numeric) << e.what();
    EXPECT_NE(e.hint().find("the last good checkpoint is " + c.out + "/checkpoints/step-40"), std::string::npos) << e.hint();
  }
  EXPECT_NE(noting.notes.find("lr: 0.1 then, 1e+09 now"), std::string::npos) << noting.notes;
  const TrainedModel t = load_trained(c.out);
  EXPECT_LT(evaluate(*t.model, make_lm_part(load_corpus(c.data, CorpusFormat::lines), *t.tokenizer, Reading::window, 3)).nll_nats, 2.4);
}

// Equal runs log equal figures, whatever the clock says and however often they are stopped.
TEST_F(Runs, TheLogGoesByStepsNotByTheClock) {
  const auto figures = [](const std::string& run) {
    std::string all;
    const std::string text = read_file(run + "/metrics.jsonl");
    for (size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
      const Json e = Json::parse(text.substr(begin, end - begin));
      const std::string& event = e.text("event");
      if (event == "saved" || event == "stopped") continue;
      for (size_t i = 0; i < e.size(); ++i)
        if (e.keys()[i] != "seconds" && e.keys()[i] != "tokens_per_second") all += e.keys()[i] + "=" + e[i].dump() + " ";
      all += "\n";
    }
    return all;
  };
  struct Jumping : Clock {
    double now = 0;
    double monotonic_seconds() override { return now += 0.3; }
    int64_t unix_seconds() override { return 1700000000; }
  } jumping;
  for (const char* model : {"mlp", "gpt"}) {
    RunConfig c = config(model, str("{}-logged", model));
    train(c, quiet_);
    const std::string expected = figures(c.out);
    EXPECT_NE(expected.find("train_loss"), std::string::npos);
    c.out = folder_ / str("{}-logged-slowly", model);
    {
      const ScopedClock slow(jumping);
      train(c, quiet_);
    }
    EXPECT_EQ(figures(c.out), expected);
    for (const int64_t stop : {1, 7, 33, 47, 62}) {
      c.out = folder_ / str("{}-logged-{}", model, stop);
      Quiet stopping;
      stopping.stop_at = stop;
      EXPECT_EQ(train(c, stopping).ending, Ending::stopped);
      EXPECT_TRUE(exists(c.out + "/report.html"));
      resume(c.out, quiet_);
      EXPECT_EQ(figures(c.out), expected) << stop;
    }
  }
}

TEST_F(Runs, RefusesWhatItCannotDo) {
  RunConfig c = config("gpt", "refused");
  c.set("context", 4);  // words are longer
  EXPECT_THROW(train(c, quiet_), Error);
  c = config("gpt", "twice");
  c.steps = 2;
  train(c, quiet_);
  EXPECT_THROW(train(c, quiet_), Error);  // the folder holds a run
  c.data = folder_ / ("missing.txt");
  EXPECT_THROW(train(c, quiet_), Error);
  EXPECT_THROW(resume(folder_ / ("nowhere"), quiet_), Error);
  EXPECT_THROW(load_trained(folder_ / ("nowhere")), Error);
  EXPECT_THROW(SplitPercent::parse("80/10"), Error);
  EXPECT_THROW(SplitPercent::parse("80/10/20"), Error);
}

// What the run ends with is looked at before it trains.
TEST_F(Runs, DamagedBestWeightsAreFoundBeforeTraining) {
  const RunConfig c = config("mlp", "damaged");
  train(c, quiet_);
  const std::string best = newest_valid_checkpoint(c.out + "/best").path;
  std::string weights = read_file(best + "/model.safetensors");
  weights.back() = static_cast<char>(weights.back() ^ 1);
  write_atomically(best + "/model.safetensors", weights);
  Quiet second;
  try {
    resume(c.out, second, {.steps = 80});
    ADD_FAILURE() << "went on";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::input);
    EXPECT_NE(std::string(e.what()).find(best + "/model.safetensors: damaged"), std::string::npos) << e.what();
    EXPECT_NE(e.hint().find("remove that folder"), std::string::npos);
  }
  EXPECT_EQ(second.steps_seen, 0);
  remove_all(best);
  const RunResult r = resume(c.out, second, {.steps = 80});  // as the hint says
  EXPECT_GT(r.best_step, 60);
  EXPECT_TRUE(std::isfinite(r.dev_loss));
  EXPECT_EQ(load_trained(c.out).path, r.checkpoint);
}

TEST_F(Runs, AWavenetsContextIsAPowerOfTwo) {
  for (const int64_t context : {1, 3, 6, 100}) {
    RunConfig c = config("wavenet", "odd");
    c.set("context", context);
    for (const auto& f : std::vector<std::function<void()>>{[&] { predict_cost(c); }, [&] { train(c, quiet_); }}) {
      try {
        f();
        ADD_FAILURE() << context;
      } catch (const Error& e) {
        EXPECT_EQ(e.kind(), ErrorKind::argument) << e.what();
      }
    }
  }
}

TEST_F(Runs, EveryModelTrains) {
  for (const Architecture* a : architectures()) {
    if (a->task != "lm") continue;  // tests/task
    const std::string& model = a->name;
    RunConfig c = config(model, model);
    const RunResult r = train(c, quiet_);
    EXPECT_TRUE(std::isfinite(r.train_loss)) << model;
    EXPECT_LT(r.train_loss, 2.4) << model;  // ln 10 = 2.303 for nine letters and the boundary
    const TrainedModel t = load_trained(c.out);
    EXPECT_EQ(t.tokenizer->vocab_size(), 10);
  }
}

}  // namespace
}  // namespace grim

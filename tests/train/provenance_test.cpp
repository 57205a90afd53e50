// A checkpoint knows its goal, data, split and tokenizer: what has changed is refused with both sides named, or accepted on request.

#include <algorithm>

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/files.h"
#include "grimoire/io/checkpoint.h"
#include "grimoire/train/report.h"
#include "grimoire/train/run.h"

namespace grim {
namespace {

struct Noted : RunEvents {
  std::string notes;
  int64_t stop_after = -1;
  void note(const std::string& text) override { notes += text + "\n"; }
  bool stop_requested() override { return stop_after >= 0 && stop_after-- == 0; }
};

std::string lines(const std::string& letters = "abcdefgh") {
  std::string text;
  for (int i = 0; i < 60; ++i) {
    for (int k = 0; k < 2 + i % 4; ++k) text += letters.substr(static_cast<size_t>((i * 5 + k * 3 + i / 7) % 8), 1);
    text += "\n";
  }
  return text;
}

class ProvenanceOf : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { made(lines()); }
  void made(const std::string& text) {
    write_atomically(data_, text);
    RunConfig c = default_run(GetParam(), CorpusFormat::lines);
    c.data = data_;
    c.out = run_;
    c.steps = 6;
    c.batch_size = 4;
    c.save_every = 2;
    remove_all(run_);
    train(c, events_);
  }
  // The words of the refusal; "" when it went on.
  std::string resumed(ResumeChanges changes = {.steps = 8}) {
    if (counts()) changes.steps = -1;  // it makes none
    try {
      resume(run_, events_, changes);
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::input) << e.what();
      return e.what();
    }
    return "";
  }
  bool counts() const { return architecture_named(GetParam()).counts; }
  test::TempFolder folder_;
  std::string data_ = folder_ / "data.txt", run_ = folder_ / "run";
  Noted events_;
};

TEST_P(ProvenanceOf, EveryKindOfChangeIsRefusedAndCanBeAccepted) {
  std::string swapped = lines(), reordered;
  for (char& c : swapped) c = c == 'a' ? 'b' : c == 'b' ? 'a' : c;
  const std::string text = lines();
  for (size_t at = text.size(); at > 0;) {  // the same lines, last first
    const size_t begin = at == 1 ? 0 : text.rfind('\n', at - 2) + 1;
    reordered += text.substr(begin, at - begin);
    at = begin;
  }
  std::string renamed = text, chinese = text;
  for (char& c : renamed) c = c == 'h' ? 'z' : c;
  for (size_t at = 0; (at = chinese.find('h', at)) != std::string::npos;) chinese.replace(at, 1, "水");
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"two letters trade places", swapped}, {"other order", reordered}, {"one line more", text + "abc\n"}, {"one line less", text.substr(text.find('\n') + 1)},
      {"another letter", renamed}, {"CJK", chinese}, {"a new symbol", text + "zz\n"}};
  for (const auto& [what, bytes] : changes) {
    write_atomically(data_, bytes);
    const std::string words = resumed();
    EXPECT_NE(words.find(" then, "), std::string::npos) << what << ": " << words;
    if (what == "CJK") {
      EXPECT_NE(words.find("水"), std::string::npos) << words;
    }
    const bool same_symbols = what != "another letter" && what != "CJK" && what != "a new symbol";
    EXPECT_EQ(resumed({.steps = 8, .accept_changes = true}).empty(), same_symbols) << what;  // a symbol without an id stays an error
    made(text);
  }
}

TEST_P(ProvenanceOf, WhatReadsTheSameIsTheSame) {
  std::string crlf;
  for (char c : lines()) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  for (const std::string& bytes : {crlf, "\xef\xbb\xbf" + lines(), lines() + "\n\n"}) {
    write_atomically(data_, bytes);
    EXPECT_EQ(resumed(), "");
    made(lines());
  }
}

TEST_P(ProvenanceOf, AnotherSplitIsRefused) {
  const std::string path = run_ + "/config.json";
  std::string config = read_file(path);
  const std::string before = default_run(GetParam(), CorpusFormat::lines).split;
  if (GetParam() == "neural-bigram") GTEST_SKIP() << "its recipe has no dev part";
  config.replace(config.find(before), before.size(), "60/20/20");
  write_atomically(path, config);
  EXPECT_NE(resumed().find("split: " + before + " then, 60/20/20 now"), std::string::npos);
  EXPECT_EQ(resumed({.steps = 8, .accept_changes = true}), "");
  EXPECT_EQ(resumed(), "") << "what was accepted is what the next checkpoint knows";
}

TEST_P(ProvenanceOf, CheckpointsFromBeforeGoOnWithAWord) {
  for (const char* kind : {"checkpoints", "best"}) {
    const FoundCheckpoint found = newest_valid_checkpoint(join_path(run_, kind));
    if (!found) continue;
    const Json about = Json::object({{"step", found.manifest.about.integer("step")}});
    std::vector<CheckpointFile> content;
    for (const ManifestFile& f : found.manifest.files) content.emplace_back(f.name, read_file(join_path(found.path, f.name)));
    save_checkpoint(found.path, content, about);
  }
  EXPECT_EQ(resumed(), "");
  EXPECT_NE(events_.notes.find("cannot be told"), std::string::npos);
}

TEST_P(ProvenanceOf, TheGoalIsKept) {
  if (counts()) GTEST_SKIP() << "counting has no steps";
  Noted stopping;
  stopping.stop_after = 3;
  EXPECT_EQ(resume(run_, stopping, {.steps = 40}).ending, Ending::stopped);
  Noted going;
  const RunResult r = resume(run_, going);
  EXPECT_EQ(r.step, 40);
  EXPECT_NE(going.notes.find("of 40"), std::string::npos) << going.notes;
  try {
    resume(run_, events_, {.steps = 39});
    ADD_FAILURE() << "a goal behind it";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::usage);
    EXPECT_NE(std::string(e.what()).find("at step 40 already"), std::string::npos) << e.what();
  }
  EXPECT_EQ(resume(run_, events_).step, 40);
}

INSTANTIATE_TEST_SUITE_P(Train, ProvenanceOf, ::testing::Values("gpt", "mlp", "lstm", "bigram", "ngram", "neural-bigram"), [](const auto& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

// Best weights of a later step stay when the same steps will be made again, and go when others will.
TEST(Provenance, BestWeightsFromAnotherFutureGo) {
  for (const int64_t goal : {40, 60}) {
    test::TempFolder folder;
    RunConfig c = default_run("mlp", CorpusFormat::lines);
    c.data = folder.put("data.txt", lines());
    c.out = folder / "run";
    c.steps = 40;
    c.eval_every = 20;
    c.save_every = 10;
    Noted events;
    train(c, events);
    remove_all(c.out + "/checkpoints/step-40");
    const FoundCheckpoint best = newest_valid_checkpoint(c.out + "/best");
    ASSERT_EQ(file_name(best.path), "step-40");
    Noted stopping;
    stopping.stop_after = 0;
    EXPECT_EQ(resume(c.out, stopping, {.steps = goal}).ending, Ending::stopped);  // before the next evaluation
    EXPECT_EQ(exists(best.path), goal == 40);
  }
}

TEST(Provenance, DoctorComparesToo) {
  test::TempFolder folder;
  RunConfig c = default_run("mlp", CorpusFormat::lines);
  c.data = folder.put("data.txt", lines());
  c.out = folder / "run";
  c.steps = 4;
  Noted events;
  train(c, events);
  EXPECT_NO_THROW(diagnose_run(c.out));
  folder.put("data.txt", lines() + "abc\n");
  EXPECT_THROW(diagnose_run(c.out), Error);
}

TEST(Provenance, ACheckpointIsNotARunFolder) {
  test::TempFolder folder;
  RunConfig c = default_run("gpt", CorpusFormat::lines);
  c.data = folder.put("data.txt", lines());
  c.out = folder / "run";
  c.steps = 2;
  Noted events;
  train(c, events);
  try {
    resume(c.out + "/checkpoints/step-2", events);
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("is a checkpoint"), std::string::npos) << e.what();
    EXPECT_NE(e.hint().find(c.out), std::string::npos) << e.hint();
  }
}

}  // namespace
}  // namespace grim

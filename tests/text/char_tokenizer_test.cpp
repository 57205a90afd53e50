#include "grimoire/text/char_tokenizer.h"

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/error.h"
#include "support/data.h"

namespace grim {
namespace {

using Ids = std::vector<int64_t>;

std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& e) {
    return str("{} | {}", e.what(), e.hint());
  }
  return "nothing was thrown";
}

TEST(CharTokenizer, NumbersItemsAsMakemore) {
  const CharTokenizer t = CharTokenizer::of_items({"emma", "olivia"});
  EXPECT_EQ(t.vocab_size(), 8);  // . a e i l m o v
  EXPECT_EQ(t.boundary(), 0);
  EXPECT_EQ(t.token(0), ".");
  EXPECT_EQ(t.token(1), "a");
  EXPECT_EQ(t.encode("emma"), (Ids{2, 5, 5, 1}));
  EXPECT_EQ(t.decode(Ids{0, 2, 5, 5, 1, 0}), "emma");
  EXPECT_TRUE(t.knows(U'v'));
  EXPECT_FALSE(t.knows(U'.'));
}

TEST(CharTokenizer, NumbersTextAsNanoGpt) {
  const CharTokenizer t = CharTokenizer::of_text("héllo\nworld");
  EXPECT_FALSE(t.boundary());
  EXPECT_EQ(t.token(0), "\n");
  EXPECT_EQ(t.token(t.vocab_size() - 1), "é");
  EXPECT_EQ(t.decode(t.encode("\nhéllo")), "\nhéllo");
  EXPECT_EQ(CharTokenizer::of_text("b\na", CharTokenizer::Boundary::first).encode("ab"), (Ids{1, 2}));
}

TEST(CharTokenizer, DotsInTheTextAreNotTheBoundary) {
  const CharTokenizer t = CharTokenizer::of_items({"dr. no"});
  EXPECT_EQ(t.token(0), "<|boundary|>");
  EXPECT_NE(t.encode(".")[0], 0);
}

TEST(CharTokenizer, NamesTheUnknownCharacter) {
  const CharTokenizer t = CharTokenizer::of_items({"ab"});
  EXPECT_EQ(refusal([&] { t.encode("ab\nbéa", "names.txt", 10); }),
            "[tokenizer] names.txt: line 10, column 3: character U+000A is not among the 2 of the vocabulary | leave "
            "it out, or "
            "train on text that has it; known are ab");
  EXPECT_TRUE(refusal([&] {
                t.encode("baé");
              }).starts_with("[tokenizer] text: line 1, column 3: character 'é' (U+00E9) is not"));
  EXPECT_TRUE(refusal([&] { t.encode("a\xff"); }).starts_with("[text] text: line 1, column 2 (byte 1): not UTF-8"));
  EXPECT_TRUE(refusal([&] { t.decode(Ids{3}); }).starts_with("[tokenizer] id: got 3, expected 0 to 2"));
  EXPECT_TRUE(refusal([&] { t.token(-1); }).starts_with("[tokenizer] id: got -1"));
  EXPECT_TRUE(refusal([&] { CharTokenizer::of_text("a\xc3"); }).starts_with("[text] text: line 1, column 2"));
  EXPECT_TRUE(refusal([&] { CharTokenizer::of_items({"a", "\xff"}); }).starts_with("[text] item"));
  EXPECT_NE(refusal([&] { CharTokenizer::of_text(""); }), "nothing was thrown");
  EXPECT_NE(refusal([&] { CharTokenizer::of_items({}); }), "nothing was thrown");
}

TEST(CharTokenizer, AReplacementCharacterIsACharacter) {
  const CharTokenizer t = CharTokenizer::of_text("a\xef\xbf\xbd");
  EXPECT_EQ(t.encode("\xef\xbf\xbd"), Ids{1});
}

TEST(CharTokenizer, SavesAndLoads) {
  const test::TempFolder folder;
  for (const CharTokenizer& t :
       {CharTokenizer::of_items({"a.\"\\é😀"}), CharTokenizer::of_text("\n x"), CharTokenizer::of_items({"abc"})}) {
    save_tokenizer(t, folder / "model");
    const std::shared_ptr<const Tokenizer> loaded = load_tokenizer(folder / "model");
    const Tokenizer& back = *loaded;
    ASSERT_EQ(back.vocab_size(), t.vocab_size());
    EXPECT_EQ(back.boundary(), t.boundary());
    for (int64_t i = 0; i < t.vocab_size(); ++i) EXPECT_EQ(back.token(i), t.token(i));
    EXPECT_EQ(back.to_json(), t.to_json());
  }
  const Json config = Json::parse(read_file(folder / "model/tokenizer_config.json"));
  EXPECT_EQ(config.text("eos_token"), ".");
}

// The form that Hugging Face's tokenizers and transformers load (checked with tokenizers 0.23 and transformers 5.24:
// same ids, the boundary before each text, and an error for a character that is not in the vocabulary).
TEST(CharTokenizer, FileHasTheFormOthersLoad) {
  EXPECT_EQ(CharTokenizer::of_items({"ab"}).to_json().dump(),
            R"({"version": "1.0", "truncation": null, "padding": null, "added_tokens": [{"id": 0, "content": ".", )"
            R"("single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}], )"
            R"("normalizer": null, "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "[\\s\\S]"}, "behavior": )"
            R"("Isolated", "invert": false}, "post_processor": {"type": "TemplateProcessing", )"
            R"("single": [{"SpecialToken": {"id": ".", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}], )"
            R"("pair": [{"SpecialToken": {"id": ".", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, )"
            R"({"SpecialToken": {"id": ".", "type_id": 1}}, {"Sequence": {"id": "B", "type_id": 1}}], )"
            R"("special_tokens": {".": {"id": ".", "ids": [0], "tokens": ["."]}}}, "decoder": {"type": "Fuse"}, "model": {"type": )"
            R"("WordLevel", "vocab": {".": 0, "a": 1, "b": 2}, "unk_token": ""}})");
  EXPECT_TRUE(CharTokenizer::of_text("ab").to_json().at("post_processor").is_null());  // running text has no boundary
}

TEST(CharTokenizer, FilesFromBeforeTheTemplateLoad) {
  Json file = CharTokenizer::of_items({"ab"}).to_json(), model = file.at("model");
  model.set("unk_token", "<unk>");
  file.set("model", model);
  file.set("post_processor", Json());
  EXPECT_EQ(CharTokenizer::from_json(file).vocab_size(), 3);
}

// Each of these would give other ids elsewhere than here.
TEST(CharTokenizer, RefusesWhatWouldNumberOtherwise) {
  const Json good = CharTokenizer::of_items({"ab"}).to_json();
  const auto refused = [&](const std::string& key, Json value) {
    Json file = good;
    file.set(key, std::move(value));
    return refusal([&] { CharTokenizer::from_json(file); }).find(key) != std::string::npos;
  };
  EXPECT_TRUE(refused("normalizer", Json::object({{"type", "Lowercase"}})));
  EXPECT_TRUE(refused("pre_tokenizer", Json::object({{"type", "Whitespace"}})));
  EXPECT_TRUE(refused("post_processor", Json::object({{"type", "ByteLevel"}})));
  EXPECT_TRUE(refused("decoder", Json::object({{"type", "WordPiece"}})));
  EXPECT_TRUE(refused("truncation", Json::object({{"max_length", 4}})));
  EXPECT_TRUE(refused("padding", Json::object({{"pad_id", 0}})));
  EXPECT_TRUE(refused("byte_fallback", true));
  Json model = good.at("model");
  model.set("unk_token", "a");
  EXPECT_TRUE(refused("model", model) || refusal([&] {
    Json file = good;
    file.set("model", model);
    CharTokenizer::from_json(file);
  }).find("unk_token") != std::string::npos);
}

TEST(CharTokenizer, RefusesForeignFiles) {
  const auto load = [](const std::string& model, const std::string& added = "[]") {
    return refusal(
        [&] { CharTokenizer::from_json(Json::parse("{\"added_tokens\": " + added + ", \"model\": " + model + "}")); });
  };
  EXPECT_EQ(load(R"({"type": "WordLevel", "vocab": {"a": 0, "b": 1}})"), "nothing was thrown");
  EXPECT_NE(load(R"({"type": "BPE"})").find("got 'BPE', expected WordLevel"), std::string::npos);
  EXPECT_NE(load(R"({"type": "WordLevel", "vocab": {"a": 0, "b": 2}})").find("id 2 is outside"), std::string::npos);
  EXPECT_NE(load(R"({"type": "WordLevel", "vocab": {"a": 0, "b": 0}})").find("or taken"), std::string::npos);
  EXPECT_NE(load(R"({"type": "WordLevel", "vocab": {"a": -1}})").find("id -1"), std::string::npos);
  EXPECT_NE(load(R"({"type": "WordLevel", "vocab": {"ab": 0}})").find("more than one character"), std::string::npos);
  EXPECT_NE(load(R"({"type": "WordLevel", "vocab": {"b": 0, "a": 1}})").find("out of order"), std::string::npos);
  EXPECT_NE(load(R"({"type": "WordLevel", "vocab": {"": 0}})").find("empty"), std::string::npos);
  EXPECT_NE(load(R"({"type": "WordLevel", "vocab": {}})").find("vocabulary is empty"), std::string::npos);
  EXPECT_NE(load(R"({"type": "WordLevel", "vocab": {".": 0, "a": 1}})", R"([{"id": 1}])").find("boundary of id 0"),
            std::string::npos);
}

TEST(CharTokenizer, NamesAndShakespeare) {
  GRIMOIRE_DATA(names, "names/names.txt");
  GRIMOIRE_DATA(shakespeare, "tinyshakespeare/input.txt");
  const CharTokenizer n = CharTokenizer::of_text(read_file(names), CharTokenizer::Boundary::first);
  EXPECT_EQ(n.vocab_size(), 27);
  EXPECT_EQ(n.encode("az"), (Ids{1, 26}));
  const std::string text = read_file(shakespeare);
  const CharTokenizer t = CharTokenizer::of_text(text);
  EXPECT_EQ(t.vocab_size(), 65);
  const Ids ids = t.encode(text);
  EXPECT_EQ(ids.size(), 1115394u);
  EXPECT_EQ(Ids(ids.begin(), ids.begin() + 5),
            (Ids{18, 47, 56, 57, 58}));  // "First", as nanoGPT's data preparation gives it
  EXPECT_EQ(t.decode(ids), text);
}

}  // namespace
}  // namespace grim

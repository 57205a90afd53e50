#include "grimoire/io/gguf.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

std::string golden(const std::string& name) { return test::golden_file("tensor_files/" + name); }

TEST(Gguf, PairsOfEveryType) {
  const GgufFile file(golden("types.gguf"));
  EXPECT_EQ(file.text("general.architecture"), "golden");
  EXPECT_EQ(file.integer("t.u8"), 255);
  EXPECT_EQ(file.integer("t.i8"), -128);
  EXPECT_EQ(file.integer("t.u16"), 65535);
  EXPECT_EQ(file.integer("t.i16"), -32768);
  EXPECT_EQ(file.integer("t.u32"), 4294967295);
  EXPECT_EQ(file.integer("t.i32"), -2147483648);
  EXPECT_EQ(file.integer("t.i64"), INT64_MIN);
  EXPECT_EQ(file.integer("t.bool"), 1);
  EXPECT_EQ(file.real("t.f32"), 0.1f);
  EXPECT_EQ(file.real("t.f64"), 0.1);
  EXPECT_EQ(file.real("t.i8"), -128.0);
  EXPECT_EQ(file.text("t.text"), "é\n");
  EXPECT_EQ(file.texts("t.texts"), (std::vector<std::string>{"a", "", "ü"}));
  EXPECT_EQ(file.integers("t.numbers"), (std::vector<int64_t>{1, -2, 3}));
  EXPECT_EQ(file.reals("t.reals"), (std::vector<double>{0.5, -0.25}));
  EXPECT_EQ(file.integers("t.flags"), (std::vector<int64_t>{1, 0}));
  EXPECT_EQ(file.metadata().at("t.u64"), "18446744073709551615");
  EXPECT_EQ(file.metadata().at("t.texts"), "3 text");
  EXPECT_EQ(file.metadata().at("t.bool"), "true");
  EXPECT_EQ(file.metadata().at("t.f32"), "0.1");
}

TEST(Gguf, SaysWhichKeyIsWrong) {
  const GgufFile file(golden("types.gguf"));
  const auto said = [](auto&& ask) {
    try {
      ask();
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::input);
      return std::string(e.what()) + " | " + e.hint();
    }
    return std::string();
  };
  EXPECT_NE(said([&] { file.integer("t.u9"); }).find("there is no key 't.u9' | did you mean"), std::string::npos);
  EXPECT_NE(said([&] { file.integer("t.text"); }).find("key 't.text' is one text, expected an integer"), std::string::npos);
  EXPECT_NE(said([&] { file.texts("t.text"); }).find("is one text, expected an array of texts"), std::string::npos);
  EXPECT_NE(said([&] { file.integer("t.numbers"); }).find("is an array of i32, expected an integer"), std::string::npos);
  EXPECT_NE(said([&] { file.integer("t.u64"); }).find("got 18446744073709551615"), std::string::npos);
}

// The reference's own file again, from what was read of it and the unrounded numbers: quantised, padded and ordered to the byte.
TEST(Gguf, WritesTheBytesOfTheReference) {
  const test::TempFolder folder;
  const GgufFile file(golden("aligned.gguf"));
  const Tensor x = file.read("x.F32");
  std::vector<GgufTensor> tensors;
  for (const TensorEntry& e : file.entries()) tensors.push_back({e.name, e.name.starts_with("x.") ? x : file.read(e), std::string(e.type->name)});
  write_gguf(folder / "again.gguf", file.pairs(), tensors);
  EXPECT_EQ(read_file(folder / "again.gguf"), read_file(golden("aligned.gguf")));
}

TEST(Gguf, StridedAndHalfTensorsAreWrittenDense) {
  const test::TempFolder folder;
  const Tensor x = view::transpose(Tensor::from<float>({1, 2, 3, 4, 5, 6}, {2, 3}), 0, 1);
  write_gguf(folder / "m", {}, {{"x", x, "F16"}, {"b", cast(x, Dtype::bf16), "BF16"}, {"f", cast(x, Dtype::bf16), "F32"}});
  const GgufFile file(folder / "m");
  for (const char* name : {"x", "b", "f"}) EXPECT_EQ(file.read(name).to_vector<float>(), (std::vector<float>{1, 4, 2, 5, 3, 6})) << name;
  EXPECT_EQ(file.find("x")->bytes, 12u);
  EXPECT_EQ(file.read("b").dtype(), Dtype::bf16);
}

TEST(Gguf, EverythingBeginsWhereTheAlignmentSays) {
  const test::TempFolder folder;
  write_gguf(folder / "m", {{"general.alignment", GgufValue::of(GgufType::u32, int64_t{4096})}},
             {{"a", Tensor::full({3}, 1), "F32"}, {"b", Tensor::full({3}, 2), "F32"}});
  const GgufFile file(folder / "m");
  EXPECT_EQ(file.find("a")->at, 4096u);
  EXPECT_EQ(file.find("b")->at, 8192u);
  EXPECT_EQ(file.read("b").to_vector<float>(), (std::vector<float>{2, 2, 2}));
  EXPECT_EQ(read_file(folder / "m").size(), 3 * 4096u);
}

TEST(Gguf, RefusesWhatTheFormatDoesNotHold) {
  const test::TempFolder folder;
  const Tensor row = Tensor::ones({32});
  const auto refused = [&](const std::vector<GgufPair>& pairs, const std::vector<GgufTensor>& tensors) {
    try {
      write_gguf(folder / "m", pairs, tensors);
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::argument);
      EXPECT_FALSE(exists(folder / "m"));
      return std::string(e.what());
    }
    return std::string();
  };
  const auto says = [](const std::string& text, const char* words) { return text.find(words) != std::string::npos; };
  EXPECT_TRUE(says(refused({}, {{"x", Tensor::scalar(1), "F32"}}), "expected 1 to 4 axes"));
  EXPECT_TRUE(says(refused({}, {{"x", Tensor::ones({1, 1, 1, 1, 1}), "F32"}}), "expected 1 to 4 axes"));
  EXPECT_TRUE(says(refused({}, {{"x", Tensor::empty({0}), "F32"}}), "none of them empty"));
  EXPECT_TRUE(says(refused({}, {{"x", Tensor::ones({33}), "Q8_0"}}), "do not fill whole blocks of 32"));
  EXPECT_TRUE(says(refused({}, {{"x", row, "Q2_K"}}), "cannot be written as 'Q2_K'"));
  EXPECT_TRUE(says(refused({}, {{"x", Tensor::ones({2}, Dtype::i64), "F32"}}), "cannot be written as 'F32'"));
  EXPECT_TRUE(says(refused({}, {{"x", row, "F32"}, {"x", row, "F32"}}), "tensor 'x' appears twice"));
  EXPECT_TRUE(says(refused({}, {{"", row, "F32"}}), "a tensor of 0 bytes"));
  EXPECT_TRUE(says(refused({}, {{"x", Tensor::full({1}, 70000), "F16"}}), "70000 does not fit F16"));
  EXPECT_TRUE(says(refused({}, {{"x", Tensor::full({32}, NAN), "Q8_0"}}), "does not fit Q8_0"));
  EXPECT_TRUE(says(refused({}, {{"x", Tensor::full({32}, 1e6), "Q4_0"}}), "1000000 does not fit Q4_0"));  // a scale of -125000
  EXPECT_TRUE(says(refused({{"a", GgufValue::of(GgufType::u32, int64_t{1})}, {"a", GgufValue::of("x")}}, {}), "key 'a' appears twice"));
  EXPECT_TRUE(says(refused({{"a", GgufValue::of(GgufType::text, int64_t{1})}}, {}), "its values are not of type text"));
  EXPECT_NO_THROW(write_gguf(folder / "large", {}, {{"x", Tensor::full({32}, 5e5), "Q4_0"}}));
  EXPECT_TRUE(says(refused({{"a", {GgufType::u32, false, std::vector<int64_t>{1, 2}}}}, {}), "got 2 values"));
  EXPECT_TRUE(says(refused({{"general.alignment", GgufValue::of(GgufType::u32, int64_t{24})}}, {}), "a power of two"));
  EXPECT_EQ(refused({}, {{"x", Tensor::full({1}, INFINITY), "F16"}}), "");  // stays what it is
}

}  // namespace
}  // namespace grim

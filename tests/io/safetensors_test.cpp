#include "grimoire/io/safetensors.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/json.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

using test::TempFolder;

std::string with_length(const std::string& json, const std::string& data) {
  const uint64_t n = json.size();
  return std::string(reinterpret_cast<const char*>(&n), 8) + json + data;
}

TEST(Safetensors, RoundTripOfEveryDtype) {
  const TempFolder folder;
  TensorMap written;
  for (Dtype d : {Dtype::f32, Dtype::f64, Dtype::bf16, Dtype::i64, Dtype::i32, Dtype::u8, Dtype::boolean})
    written[std::string("x.") + name_of(d)] = cast(Tensor::from<double>({0, 1, 2, 3, 4, 5}, {2, 3}), d);
  written["scalar"] = Tensor::scalar(-7.5);
  written["empty"] = Tensor::empty({0, 4});
  written["strided"] = view::transpose(Tensor::from<float>({1, 2, 3, 4, 5, 6}, {2, 3}), 0, 1);
  write_safetensors(folder / "m.safetensors", written, {{"format", "pt"}, {"note", "é\n"}});
  const TensorMap read = read_safetensors(folder / "m.safetensors");
  ASSERT_EQ(read.size(), written.size());
  for (const auto& [name, x] : written) {
    EXPECT_EQ(read.at(name).shape(), x.shape()) << name;
    EXPECT_EQ(read.at(name).dtype(), x.dtype()) << name;
    EXPECT_EQ(read.at(name).to_vector<double>(), x.to_vector<double>()) << name;
  }
  const SafetensorsFile file(folder / "m.safetensors");
  EXPECT_EQ(file.metadata(), (Metadata{{"format", "pt"}, {"note", "é\n"}}));
  EXPECT_EQ(file.entries()[0].at % 8, 0u);
}

TEST(Safetensors, NanAndInfinityKeepTheirBits) {
  const TempFolder folder;
  write_safetensors(folder / "m", {{"x", Tensor::from<float>({NAN, INFINITY, -INFINITY, -0.0f}, {4})}});
  const std::vector<float> x = read_safetensors(folder / "m").at("x").to_vector<float>();
  EXPECT_TRUE(std::isnan(x[0]) && x[1] == INFINITY && x[2] == -INFINITY && std::signbit(x[3]));
}

TEST(Safetensors, TheSameTensorsGiveTheSameBytes) {
  const TempFolder folder;
  const TensorMap tensors{
      {"b", Tensor::ones({3})}, {"a", Tensor::ones({1}, Dtype::u8)}, {"c", Tensor::ones({1}, Dtype::i64)}};
  write_safetensors(folder / "1", tensors);
  write_safetensors(folder / "2", read_safetensors(folder / "1"));
  const std::string bytes = read_file(folder / "1");
  EXPECT_EQ(bytes, read_file(folder / "2"));
  EXPECT_TRUE(bytes.substr(8).starts_with(R"({"__metadata__": {"format": "pt"}, "c": {"dtype": "I64", "shape": [1], )"
                                          R"("data_offsets": [0, 8]}, "b": {"dtype": "F32")")) << bytes;
}

TEST(Safetensors, OtherDtypesAreWidened) {
  const TempFolder folder;
  const uint16_t half[] = {0x3c00, 0xc000, 0x0001, 0x8001, 0x7bff,
                           0x7c00, 0xfe00, 0x0400, 0x8000};  // 1 -2 smallest ...
  const std::string json = R"({"h":{"dtype":"F16","shape":[9],"data_offsets":[0,18]},"i":{"dtype":"I8","shape":[2],)"
                           R"("data_offsets":[18,20]},"s":{"dtype":"I16","shape":[1],"data_offsets":[20,22]},)"
                           R"("u":{"dtype":"U16","shape":[1],"data_offsets":[22,24]},"w":{"dtype":"U32","shape":[1],)"
                           R"("data_offsets":[24,28]},"t":{"dtype":"BOOL","shape":[2],"data_offsets":[28,30]},)"
                           R"("q":{"dtype":"C64","shape":[1],"data_offsets":[30,38]}})";
  const std::string data = std::string(reinterpret_cast<const char*>(half), 18) + "\xff\x7f" + "\xfe\xff" + "\xff\xff" +
                           "\xff\xff\xff\xff" + std::string("\x02\x00", 2) + "complex!";
  const SafetensorsFile file(folder.put("m", with_length(json, data)));
  const std::vector<float> h = file.read("h").to_vector<float>();
  EXPECT_EQ(std::vector<float>(h.begin(), h.begin() + 6),
            (std::vector<float>{1, -2, 0x1p-24f, -0x1p-24f, 65504, INFINITY}));
  EXPECT_TRUE(std::isnan(h[6]));
  EXPECT_EQ(h[7], 0x1p-14f);
  EXPECT_TRUE(h[8] == 0 && std::signbit(h[8]));
  EXPECT_EQ(file.read("i").to_vector<int32_t>(), (std::vector<int32_t>{-1, 127}));
  EXPECT_EQ(file.read("s").item(), -2);
  EXPECT_EQ(file.read("u").item(), 65535);
  EXPECT_EQ(file.read("w").item(), 4294967295.0);
  EXPECT_EQ(file.read("t").to_vector<uint8_t>(), (std::vector<uint8_t>{1, 0}));  // any other byte counts as true
  EXPECT_THROW(file.read("q"), Error);
  EXPECT_TRUE(file.holds("q"));
  EXPECT_FALSE(file.holds("z"));
}

TEST(Safetensors, SavingOverTheLoadedFileIsSafe) {
  const TempFolder folder;
  const std::string path = folder / "m";
  write_safetensors(path, {{"x", Tensor::full({1000}, 1)}});
  const SafetensorsFile open(path);
  TensorMap loaded = read_safetensors(path);
  fill(loaded["x"], 2);
  write_safetensors(path, loaded);
  EXPECT_EQ(open.read("x").at({999}), 1.0);  // the old file, still open
  EXPECT_EQ(read_safetensors(path).at("x").at({999}), 2.0);
}

TEST(Safetensors, AFileThatShrinksMeanwhileIsAnError) {
  const TempFolder folder;
  write_safetensors(folder / "m", {{"x", Tensor::full({100000}, 1)}});
  const SafetensorsFile open(folder / "m");
  ASSERT_EQ(truncate((folder / "m").c_str(), 5000), 0);
  EXPECT_THROW(open.read("x"), Error);
}

TEST(Safetensors, SaysWhatIsWrong) {
  const TempFolder folder;
  write_safetensors(folder / "m", {{"wte.weight", Tensor::ones({1})}});
  try {
    SafetensorsFile(folder / "m").read("wte.wieght");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.hint(), "did you mean 'wte.weight'?");
  }
  EXPECT_THROW(SafetensorsFile(folder / "none"), Error);
  EXPECT_THROW(write_safetensors(folder / "n", {{"__metadata__", Tensor::ones({1})}}), Error);
  EXPECT_THROW(write_safetensors(folder / "n", {{"x", Tensor()}}), Error);
  EXPECT_FALSE(exists(folder / "n"));
  const std::string nine = R"({"x":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}})";
  EXPECT_THROW(read_safetensors(folder.put("nine", with_length(nine, "1"))), Error);
}

// A file that PyTorch's own writer made, with its values listed beside it.
TEST(Safetensors, ReadsAFileOfTheReferenceWriter) {
  const TensorMap tensors = read_safetensors(test::golden_file("gpt/model.safetensors"));
  EXPECT_GT(tensors.size(), 10u);
  EXPECT_EQ(tensors.at("transformer.wte.weight").shape().back(), 32);
  const SafetensorsFile file(test::golden_file("gpt/model.safetensors"));
  EXPECT_EQ(file.metadata().at("format"), "pt");
}

}  // namespace
}  // namespace grim

#include "grimoire/text/sentencepiece_model.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "grimoire/base/error.h"
#include "grimoire/base/reader.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/token_decoder.h"

namespace grim {
namespace {

// A message of a protocol buffer (encoding of version 2), field by field.
class Message {
 public:
  Message(std::string_view bytes, const std::string& source) : reader_(bytes, source), source_(source) {}

  bool next() {
    if (reader_.at_end()) return false;
    const uint64_t key = varint("field");
    field_ = key >> 3;
    wire_ = key & 7;
    if (field_ == 0) reader_.refuse("field", "got number 0");
    switch (wire_) {
      case 0: number_ = varint("number"); break;
      case 1: reader_.skip(8, "number"); break;
      case 2: bytes_ = reader_.take(varint("length"), "bytes"); break;
      case 5: real_ = reader_.read<float>("number"); break;
      default: reader_.refuse("field", str("got wire type {}, which no SentencePiece file has", wire_));
    }
    return true;
  }
  uint64_t field() const { return field_; }
  bool flag() const { return number() != 0; }
  uint64_t number() const { return of(0, number_); }
  float real() const { return of(5, real_); }
  std::string_view bytes() const { return of(2, bytes_); }
  std::string text() const {
    check_utf8(bytes(), str("{}: field {}", source_, field_));
    return std::string(bytes());
  }

 private:
  uint64_t varint(std::string_view what) {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = reader_.read<uint8_t>(what);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (!(byte & 0x80)) return value;
    }
    reader_.refuse(what, "a number of more than 64 bits");
  }
  template <class T> const T& of(uint64_t wire, const T& value) const {
    if (wire_ != wire) reader_.refuse("field", str("number {}: got wire type {}, expected {}", field_, wire_, wire));
    return value;
  }

  Reader reader_;
  std::string source_;
  uint64_t field_ = 0, wire_ = 0, number_ = 0;
  std::string_view bytes_;
  float real_ = 0;
};

SentencePieceModel::Piece piece_of(Message m, size_t id) {
  SentencePieceModel::Piece piece;
  while (m.next()) {
    if (m.field() == 1) piece.text = m.text();
    if (m.field() == 2) piece.score = m.real();
    if (m.field() != 3) continue;
    GRIM_CHECK(m.number() >= 1 && m.number() <= 6, input, "tokenizer", "piece {}: type {} is not known, expected 1 to 6", id, m.number());
    piece.kind = static_cast<PieceKind>(m.number());
  }
  return piece;
}

void read_training(SentencePieceModel& model, Message m, const std::string& source) {
  while (m.next()) switch (m.field()) {
      case 3:
        GRIM_CHECK(m.number() == 1 || m.number() == 2, input, "tokenizer", "{}: model type {}: expected 1 (unigram) or 2 (BPE)", source, m.number());
        model.kind = static_cast<SentencePieceModel::Kind>(m.number());
        break;
      case 24: model.space_behind = m.flag(); break;
      case 35: model.byte_fallback = m.flag(); break;
      case 44: model.unk_surface = m.text(); break;
      case 46: model.bos_piece = m.text(); break;
      case 47: model.eos_piece = m.text(); break;
      case 48: model.pad_piece = m.text(); break;
      default: break;
    }
}

void read_normalizer(SentencePieceModel& model, Message m) {
  while (m.next()) switch (m.field()) {
      case 2: model.charsmap = m.bytes(); break;
      case 3: model.dummy_prefix = m.flag(); break;
      case 4: model.remove_extra_spaces = m.flag(); break;
      case 5: model.escape_spaces = m.flag(); break;
      default: break;
    }
}

void refuse_rewrites_of_output(Message m, const std::string& source) {
  while (m.next())
    GRIM_CHECK(m.field() != 2 || m.bytes().empty(), input, "tokenizer", "{}: rules that rewrite decoded text (denormalizer_spec) are not supported", source);
}

void check(const SentencePieceModel& model, const std::string& source) {
  std::unordered_set<std::string_view> seen;
  size_t unknown = 0, bytes = 0;
  for (size_t id = 0; id < model.pieces.size(); ++id) {
    const SentencePieceModel::Piece& p = model.pieces[id];
    GRIM_CHECK(!p.text.empty() && p.text.find('\0') == std::string::npos, input, "tokenizer", "{}: piece {} is empty or holds a byte 0", source, id);
    GRIM_CHECK(seen.insert(p.text).second, input, "tokenizer", "{}: piece {} ('{}') is there twice", source, id, p.text);
    GRIM_CHECK(std::isfinite(p.score), input, "tokenizer", "{}: piece {} ('{}'): its score is not finite", source, id, p.text);
    unknown += p.kind == PieceKind::unknown;
    if (p.kind != PieceKind::byte) continue;
    GRIM_CHECK(model.byte_fallback && byte_named(p.text), input, "tokenizer",
               "{}: piece {} ('{}') is of type byte: expected <0x00> to <0xFF>, with byte_fallback",
               source, id, p.text);
    ++bytes;
  }
  GRIM_CHECK(unknown == 1, input, "tokenizer", "{}: got {} unknown pieces, expected 1", source, unknown);
  GRIM_CHECK(!model.byte_fallback || bytes == 256, input, "tokenizer", "{}: got {} pieces for bytes, expected 256", source, bytes);
}

}  // namespace

size_t SentencePieceModel::unknown() const {
  return static_cast<size_t>(std::ranges::find(pieces, PieceKind::unknown, &Piece::kind) - pieces.begin());
}

SentencePieceModel parse_sentencepiece(std::string_view bytes, const std::string& source) {
  SentencePieceModel model;
  Message m(bytes, source);
  bool trained = false, normalizes = false;  // the settings that stand behind the pieces are there
  while (m.next()) switch (m.field()) {
      case 1: model.pieces.push_back(piece_of(Message(m.bytes(), source), model.pieces.size())); break;
      case 2: read_training(model, Message(m.bytes(), source), source), trained = true; break;
      case 3: read_normalizer(model, Message(m.bytes(), source)), normalizes = true; break;
      case 5: refuse_rewrites_of_output(Message(m.bytes(), source), source); break;
      default: break;
    }
  if (!model.pieces.empty() && !(trained && normalizes))
    fail(ErrorKind::input, "tokenizer",
         str("{}: it ends after {} pieces, without {}", source, model.pieces.size(),
             trained ? "its normalizer (normalizer_spec)" : "the settings of its training (trainer_spec)"),
         "it may be cut at its end: fetch or copy it again");
  check(model, source);
  return model;
}

SentencePieceModel parse_llama2c_tokenizer(std::string_view bytes, const std::string& source) {
  constexpr int32_t kLongest = 1 << 16;
  SentencePieceModel model{
      .kind = SentencePieceModel::Kind::bpe, .byte_fallback = true, .remove_extra_spaces = false, .escape_spaces = false, .decodes_marks = false};
  Reader reader(bytes, source);
  const auto longest = reader.read_between<int32_t>(1, kLongest, "longest piece");
  while (!reader.at_end()) {
    const size_t id = model.pieces.size();
    SentencePieceModel::Piece piece{.score = reader.read<float>("score")};
    const auto size = reader.read_between<int32_t>(1, longest, "bytes of a piece");
    const std::string_view text = reader.take(static_cast<uint64_t>(size), "piece");
    check_utf8(text, source);
    piece.text = id < 3 ? trimmed(text) : text;  // "\n<s>\n"
    if (id < 3) {
      piece.kind = id == 0 ? PieceKind::unknown : PieceKind::control;
    } else if (id < 3 + 256) {
      piece.kind = PieceKind::byte;
    }
    model.pieces.push_back(std::move(piece));
  }
  check(model, source);
  return model;
}

}  // namespace grim

using PureClip.Files;

namespace PureClip.Tests.Files;

public sealed class ThrowTests
{
    [Fact]
    public void Message_holds_path_found_allowed_and_next_step() =>
        Assert.Equal("m.safetensors: found. Allowed: this. Do that.",
            Assert.Throws<InvalidDataException>(() => Throw.InvalidData("m.safetensors", "found", "this", "Do that.")).Message);

    [Fact]
    public void Quote_cut_inside_a_surrogate_pair_stays_text() =>
        Assert.Equal('"' + new string('x', 119) + "\uFFFD…\" (121 characters)", Throw.Quote(new string('x', 119) + "😀"));
}

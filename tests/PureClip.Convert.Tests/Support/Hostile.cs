using PureClip.Files;

namespace PureClip.Convert.Tests.Support;

/// <summary>Opens bytes that must be refused.</summary>
internal static class Hostile
{
    /// <summary>The refusal's message, which must say something about <paramref name="about"/>.</summary>
    public static void IsRefused(byte[] file, string about)
    {
        using Lease mapped = Lease.FromBytes(file);
        InvalidDataException exception = Assert.Throws<InvalidDataException>(() => CheckpointOpener.Open(mapped));
        Assert.Contains(about, exception.Message, StringComparison.OrdinalIgnoreCase);
    }
}

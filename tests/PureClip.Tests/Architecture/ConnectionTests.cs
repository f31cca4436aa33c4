using System.Reflection;
using PureClip.Cli;
using PureClip.Search;

namespace PureClip.Tests.Architecture;

/// <summary>Nothing leaves the machine but what <c>pureclip get</c> asks for: the library has nothing to connect with.</summary>
public sealed class ConnectionTests
{
    private static readonly string[] Networks = ["System.Net.Http", "System.Net.Sockets", "System.Net.Requests", "System.Net.WebSockets.Client"];

    public static TheoryData<string> Libraries =>
        [.. new[] { typeof(Clip), typeof(EmbeddingIndex), typeof(PureClip.Files.SafetensorsFile) }.Select(type => type.Assembly.Location)];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void The_library_cannot_open_a_connection(string assembly) => Assert.Empty(References(Assembly.LoadFrom(assembly)).Intersect(Networks));

    [Fact]
    public void The_command_line_can() => Assert.Contains("System.Net.Http", References(typeof(Shell).Assembly));

    private static IEnumerable<string> References(Assembly assembly) => assembly.GetReferencedAssemblies().Select(name => name.Name!);
}
